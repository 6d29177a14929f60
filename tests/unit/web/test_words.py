from types import SimpleNamespace

from connectors.web import words
from connectors.web.states import Tone, of_delivery, of_item, of_mail, of_request
from hub.register.kinds import PartyKind, RoleKind
from hub.rules.clearance import Ruling
from hub.rules.flooding import TOGETHER
from hub.rules.policy import Mode
from hub.words import wording


def test_every_kind_has_a_dutch_name() -> None:
    assert set(words.PARTY_KINDS) == set(words.PARTY_KINDS_PLURAL) == set(PartyKind)
    assert set(words.ROLE_KINDS) == set(RoleKind)
    assert set(words.MODES) == {*(str(mode) for mode in Mode), TOGETHER}


def test_every_refusal_has_dutch_words() -> None:
    refusals = {Ruling.NO_RELATION, Ruling.NOT_NAMED, Ruling.NO_NEED_TO_KNOW, Ruling.CLEARANCE_TOO_LOW}
    assert {str(ruling) for ruling in refusals} <= set(words.WITHHELD)


def test_every_request_and_item_state_has_a_tone() -> None:
    for state in wording.REQUEST_STATES:
        assert of_request(state).text
    for state in wording.ITEM_STATES:
        assert of_item(state).text


def test_a_delivery_is_as_far_as_its_mail() -> None:
    def state(mail_state: str | None, withheld: str | None = None) -> str:
        return of_delivery(SimpleNamespace(mail_state=mail_state, withheld=withheld)).text

    assert state(None) == state("queued") == "in de wacht"
    assert state("sent") == "verstuurd"
    assert state("failed") == "mislukt"
    assert state(None, "not-named") == "tegengehouden"


def test_a_mail_that_did_not_go_out_says_why() -> None:
    assert of_mail("failed", "550 onbekend") == ("mislukt", Tone.WRONG, "550 onbekend")
