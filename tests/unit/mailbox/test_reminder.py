"""What an operator is reminded of, and asked to renew, as it reads it."""

import re
from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from connectors.mailbox import bundle, reminder
from connectors.mailbox.asked import Along, BundledRequest, StillOpen, ToRenew, grouped
from connectors.mailbox.texts import MailText
from hub.rules.relations import Reason, Relation
from hub.rules.throttle.load import Pace
from hub.store.throttle.numbers import Numbers
from schemas.catalogue import Event
from schemas.terms import Tlp
from tests.events import REQUESTS, event, source_of
from tests.registers import REGISTER
from tests.unit.mailbox.sound import is_sound
from tests.unit.strategies import PARTIES, events

_NEXT_BUNDLE = datetime(2027, 7, 6, 8, tzinfo=UTC)
_SLOT = datetime(2027, 6, 1, 8, tzinfo=UTC)
_LINK = "https://kernhub.example/gebeurtenissen/6f6bd1ce-2d5f-5c8e-9b5a-2f5f8b1f6d11"
_ASKED = (Reason(Relation.ASKED),)


def _request(item: int, asker: str, told: Event) -> BundledRequest:
    return BundledRequest(UUID(int=item), told.functions, told, asker, told.areas, _ASKED, _LINK)


def _still_open(number: int, *requests: BundledRequest) -> StillOpen:
    numbers = {item: at for at, item in enumerate(grouped(requests, REGISTER), start=3)}
    return StillOpen(Numbers(number, numbers), _SLOT, requests)


def _question(asker: str, **changes: object) -> Event:
    return event("question-raised", source=source_of(asker), **changes)


def _bundle(along: Along) -> MailText:
    asked = [_request(9, "gm0935", _question("gm0935", data={"text": "Nieuw?"}))]
    numbers = Numbers(25, {UUID(int=9): 1})
    return bundle.text("enexis", asked, numbers, _NEXT_BUNDLE, Pace(1, 2, 4, 3, 1), REGISTER, along=along)


def test_a_reminder_has_each_open_question_once_under_its_number_with_all_who_wait() -> None:
    asked = [
        _request(1, "gm0935", _question("gm0935", id="v1")),
        _request(1, "gm0938", _question("gm0938", data={"needed_by": "2027-06-20"})),
        _request(2, "gm0994", _question("gm0994", id="v2", data={"text": "Waar?", "needed_by": None})),
    ]
    mail = reminder.text("enexis", [_still_open(24, *asked)], _NEXT_BUNDLE, REGISTER)
    assert mail.subject == "[Kernhub] [TLP:GREEN] Herinnering: 2 vragen staan nog open"
    assert re.findall(r"^(\d+-\d+)\. ", mail.body, re.M) == ["24-3", "24-4"]
    body = " ".join(mail.body.split())
    assert "Uit bundel 24, van dinsdag 1 juni 2027" in body
    assert "Gevraagd door Gemeente Maastricht, Gemeente Meerssen, over Maastricht. Nodig voor 20 juni" in body
    assert "Gevraagd door Gemeente Valkenburg aan de Geul, over Maastricht. Verwijs" in body
    assert f"source {source_of('gm0935')} id v1 Bekijk: {_LINK}" in body
    assert "over een bundel krijgt u er hoogstens 2" in body
    assert is_sound(mail)


def test_a_reminder_of_one_speaks_of_one() -> None:
    still_open = _still_open(1, _request(1, "gm0935", _question("gm0935")))
    mail = reminder.text("enexis", [still_open], None, REGISTER)
    assert mail.subject.endswith("Herinnering: 1 vraag staat nog open")
    assert "1 vraag staat nog open." in mail.body
    assert "op zijn vroegst" not in mail.body


def test_what_rides_along_counts_for_the_label_and_not_for_the_questions() -> None:
    old = _request(1, "gm0938", _question("gm0938", tlp="AMBER"))
    mail = _bundle(Along(still_open=[_still_open(24, old)]))
    assert mail.subject == "[Kernhub] [TLP:AMBER] Bundel 25: 1 vraag van 1 partij"
    assert "Nog open" in mail.body
    assert "vernieuwen" not in mail.body
    assert is_sound(mail)


def test_an_answer_that_ends_soon_is_shown_with_its_question_and_how_to_renew_it() -> None:
    data = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "50"}}
    deposit = event("answer-deposited", id="d1", data=data)
    answer = event("question-answered", id="a1", tlp="AMBER", source=source_of("enexis"))
    question = _question("gm0935", data={"text": "Hoe hoog staat het?"})
    asked = [
        ToRenew(UUID(int=1), deposit, None, ("GM0935",), date(2027, 7, 9), _LINK),
        ToRenew(UUID(int=2), answer, question, ("GM0935", "GM0938"), date(2027, 7, 10), _LINK),
    ]
    mail = _bundle(Along(to_renew=asked))
    section = " ".join(mail.body.partition("\nLoopt af, graag vernieuwen\n")[2].split())
    assert "- Hoeveel stations en hoeveel aansluitingen in dit gebied hebben geen stroom meer" in section
    assert "50 cm water" in section
    assert "Geldt tot en met 9 juli 2027, voor Maastricht. Vernieuwen: publiceer 'Antwoord" in section
    assert "- Hoe hoog staat het? Geldt tot en met 10 juli 2027, voor Maastricht, Meerssen." in section
    assert f"in data.supersedes. source {source_of('enexis')} id a1 Bekijk: {_LINK}" in section
    assert mail.tlp is Tlp.AMBER
    assert is_sound(mail)


_rows = st.lists(
    st.tuples(st.integers(1, 3), events(REQUESTS), st.sampled_from(PARTIES)), min_size=1, max_size=5
)


@given(_rows, st.lists(events(("answer-deposited", "question-answered")), max_size=2))
def test_any_reminder_and_what_rides_along_is_sound(
    rows: list[tuple[int, Event, str]], answers: list[Event]
) -> None:
    still_open = _still_open(24, *(_request(item, asker, told) for item, told, asker in rows))
    mail = reminder.text("enexis", [still_open], _NEXT_BUNDLE, REGISTER)
    assert is_sound(mail)
    assert len(re.findall(r"^   Bekijk: ", mail.body, re.M)) == len({item for item, _, _ in rows})
    ending = [
        ToRenew(UUID(int=n), one, None, one.areas, date(2027, 7, 9), _LINK) for n, one in enumerate(answers)
    ]
    assert is_sound(_bundle(Along([still_open], ending)))
