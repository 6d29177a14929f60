"""What can't wait reaches the operator at once, within hard limits."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.policy import Policy
from hub.rules.throttle.urgent import LEAVES, Contact, Urgent, known_to, told, urgent
from tests.unit.rules.throttle.lines import ASKERS, FIRST, SLOTS

NEXT = SLOTS.day(FIRST + 2)
SOON = NEXT - timedelta(days=1)
SPENT = [Contact(FIRST, *of) for of in (("a", False), ("b", False), ("c", True), ("d", True))]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ASKERS), st.booleans()), max_size=60))
def test_p01_no_window_holds_more_urgent_contacts_than_the_operator_allows(
    asked: list[tuple[int, str, bool]],
) -> None:
    slot, sent = FIRST, list[Contact]()
    for later, asker, confirmed in asked:
        slot += later
        how = urgent("dijk", SOON, NEXT, asker, slot, sent, Policy(), is_confirmed=confirmed)
        assert confirmed or how is not Urgent.CONFIRMED
        if how in (Urgent.RELEASED, Urgent.CONFIRMED):
            sent.append(Contact(slot, asker, how is Urgent.CONFIRMED))
    for begin in range(FIRST - 4, slot + 1):
        here = [contact for contact in sent if begin <= contact.slot < begin + 4]
        own = [contact.asker for contact in here if not contact.confirmed]
        assert len(own) <= 2
        assert len(set(own)) == len(own)
        assert len(here) - len(own) <= 2


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, Urgent.RELEASED),
        ({"reason": "  "}, Urgent.NO_REASON),
        ({"needed_by": None}, Urgent.CAN_WAIT),
        ({"needed_by": NEXT}, Urgent.CAN_WAIT),
        ({"next_slot": None}, Urgent.RELEASED),
        ({"is_sent": True}, Urgent.ALREADY_SENT),
        ({"earlier": [Contact(FIRST, "gm0363", False)]}, Urgent.SHARE_SPENT),
        ({"earlier": [Contact(FIRST - 4, "gm0363", False)]}, Urgent.RELEASED),
        ({"earlier": [Contact(FIRST, "gm0363", False)], "is_confirmed": True}, Urgent.CONFIRMED),
        ({"earlier": [Contact(FIRST, "a", False), Contact(FIRST - 3, "b", False)]}, Urgent.ASK_COORDINATOR),
        (
            {
                "earlier": [
                    Contact(FIRST, a, c) for a, c in zip("abcd", [False, False, True, True], strict=True)
                ]
            },
            Urgent.DUTY_NUMBER,
        ),
        (
            {
                "earlier": [Contact(FIRST, a, c) for a, c in zip("abcd", [0, 0, 1, 1], strict=True)],
                "is_confirmed": True,
            },
            Urgent.DUTY_NUMBER,
        ),
    ],
)
def test_what_happens_with_an_urgent_request(changed: dict[str, object], found: Urgent) -> None:
    given_ = {
        "reason": "dijk",
        "needed_by": SOON,
        "next_slot": NEXT,
        "asker": "gm0363",
        "slot": FIRST,
        "earlier": [],
        "policy": Policy(),
    }
    assert urgent(**{**given_, **changed}) is found  # type: ignore[arg-type]


_days = st.sampled_from([NEXT, NEXT + timedelta(days=7), None])
_contacts = st.lists(
    st.builds(Contact, st.just(FIRST), st.sampled_from(ASKERS), st.booleans(), st.booleans()), max_size=6
)


@given(_contacts, _contacts, _days, _days, st.booleans())
def test_p14_what_an_asker_hears_of_urgency_knows_of_nothing_hidden_unless_that_decides_whether_it_leaves(
    earlier: list[Contact], other: list[Contact], day: date | None, other_day: date | None, confirmed: bool
) -> None:
    """Two worlds with the same known contacts; in each the next slot is another one, by what left unseen."""
    me = "gm0363"
    hidden = [contact._replace(asker="pv31", classified=True) for contact in other]

    def hears(contacts: list[Contact], next_day: date | None) -> Urgent:
        found = [
            urgent("dijk", NEXT, at, me, FIRST, known, Policy(), is_confirmed=confirmed)
            for at, known in ((next_day, contacts), (NEXT + timedelta(days=7), known_to(me, contacts)))
        ]
        return told(*found)

    here, there = hears(earlier, day), hears([*earlier, *hidden], other_day)
    open_ones = known_to(me, earlier)
    alone = urgent(
        "dijk", NEXT, NEXT + timedelta(days=7), me, FIRST, open_ones, Policy(), is_confirmed=confirmed
    )
    assert here is there or alone in LEAVES


def test_an_asker_without_a_share_hears_of_no_contact_and_no_bundle_that_it_may_not_know() -> None:
    spent = [Contact(FIRST, "gm0363", False)]
    hidden = [Contact(FIRST, "vr24", True, True), Contact(FIRST, "ws0665", True, True)]
    how = urgent("dijk", SOON, NEXT, "gm0363", FIRST, [*spent, *hidden], Policy())
    seen = urgent("dijk", SOON, NEXT, "gm0363", FIRST, known_to("gm0363", [*spent, *hidden]), Policy())
    assert (how, told(how, seen)) == (Urgent.DUTY_NUMBER, Urgent.SHARE_SPENT)
    assert told(Urgent.CONFIRMED, Urgent.SHARE_SPENT) is Urgent.CONFIRMED
    assert told(Urgent.DUTY_NUMBER, Urgent.CONFIRMED) is Urgent.DUTY_NUMBER
