"""What a system gets of a planned delivery, decided with the register of today."""

from dataclasses import replace

from hub.register.model import Party, Register
from hub.rules.handing import AGAIN, Withheld, delivered, delivery_key, handing, reasons_as_text
from hub.rules.identity import event_key
from hub.rules.relations import Reason, Relation
from schemas.terms import Tlp
from tests.events import attributes, event
from tests.registers import REGISTER

_TOLD = event("bottleneck-found", tlp="AMBER")
_HERE = [["municipality", None, "GM0935"]]
_ASKED = [["asker", None, None]]


def _cleared(party: str, label: Tlp) -> Register:
    facts: Party = replace(REGISTER.parties[party], clearance=label)
    return replace(REGISTER, parties={**REGISTER.parties, party: facts})


def test_it_goes_out_for_the_reasons_that_still_hold() -> None:
    why = handing(_TOLD, "gm0935", [*_HERE, ["operator", "electricity", None]], [], REGISTER)
    assert why == (Reason(Relation.MUNICIPALITY, None, "GM0935"),)


def test_what_the_party_may_know_no_longer_is_withheld_for_that_reason() -> None:
    assert handing(_TOLD, "gm0935", _HERE, [], _cleared("gm0935", Tlp.GREEN)) == Withheld("clearance-too-low")
    assert handing(_TOLD, "gm0014", _HERE, [], REGISTER) == Withheld("no-relation")
    assert handing(_TOLD, "gm9999", _HERE, [], REGISTER) == Withheld("party-ended")


def test_what_was_planned_before_goes_out_once() -> None:
    assert handing(_TOLD, "gm0935", _ASKED, [_HERE], REGISTER) is AGAIN


def test_a_plan_that_was_withheld_does_not_stop_a_later_one_that_may_go_out() -> None:
    assert handing(_TOLD, "gm0014", _ASKED, [_HERE], REGISTER) == (Reason(Relation.ASKER),)


def test_reasons_read_as_structured_fields() -> None:
    reasons = [Reason(Relation.OPERATOR, "electricity", "GM0935"), Reason(Relation.NAMED)]
    assert reasons_as_text(reasons) == "operator;function=electricity;area=GM0935, named"


def test_a_delivery_has_one_name_for_ever_and_a_lapse_another() -> None:
    content = attributes("bottleneck-found", eigenveld="x")
    key = event_key(content["source"], content["id"])
    name = delivery_key(key, "gm0935", "mail")
    assert name == delivery_key(key, "gm0935", "mail") != delivery_key(key, "gm0994", "mail")
    lapsed = delivered(content, delivery_key(key, "gm0935", "lapse"), "lapse", [Reason(Relation.HAD_EARLIER)])
    assert lapsed["deliveryid"] != str(name)
    assert lapsed["deliverykind"] == "lapse"
    mark = {"exercise": "true"}
    assert {n: v for n, v in lapsed.items() if not n.startswith("delivery")} == content | mark
