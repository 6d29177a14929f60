"""What a sender and a receiver know of how far a delivery is."""

from datetime import UTC, datetime

from hub.rules.asking import AskedOperator
from hub.rules.explaining import Explained, Explanation, WhyNot
from hub.rules.policy import Mode
from hub.rules.states import OnTheWay, State, as_receiver_knows, as_sender_knows

AT = datetime(2027, 6, 1, tzinfo=UTC)
TOLD = Explanation(
    1,
    (
        Explained("gm0935", Mode.IMMEDIATE, (), None),
        Explained("wml", Mode.DIGEST, (), None),
        Explained("gm0014", None, (), WhyNot.MAY_NOT_KNOW),
    ),
    (AskedOperator("enexis", (), ()),),
)


def test_of_several_ways_the_sender_hears_the_furthest_and_not_which() -> None:
    ways = [
        OnTheWay("gm0935", "mail", State.SENT, AT),
        OnTheWay("gm0935", "webhook:zaken", State.DELIVERED, AT),
        OnTheWay("gm0935", "topic:topic", State.FAILED, AT, "is niet te bereiken"),
        OnTheWay("enexis", "bundle", State.ACKNOWLEDGED, AT),
    ]
    assert as_sender_knows(ways, TOLD) == [
        OnTheWay("enexis", "", State.ACKNOWLEDGED, AT),
        OnTheWay("gm0935", "", State.DELIVERED, AT),
        OnTheWay("wml", "", State.PENDING),
    ]


def test_the_sender_hears_of_nobody_that_it_may_not_know_of_nor_what_keeps_a_party_from_knowing() -> None:
    subscribed = OnTheWay("gm0014", "mail", State.SENT, AT)
    withheld = OnTheWay("gm0935", "mail", State.WITHHELD, None, "clearance-too-low")
    unsubscribed = as_sender_knows([], TOLD)
    assert as_sender_knows([subscribed, withheld], TOLD) == unsubscribed
    assert {one.state for one in unsubscribed} == {State.PENDING}


def test_a_receiver_reads_its_own_by_way_but_not_what_is_withheld_from_it() -> None:
    own = OnTheWay("wml", "pull", State.SENT, AT)
    ways = [
        own,
        OnTheWay("wml", "mail", State.WITHHELD, None, "not-named"),
        OnTheWay("gm0935", "mail", State.SENT),
    ]
    assert as_receiver_knows(ways, "wml") == [own]
