"""What an event says, as labels and texts."""

import pytest
from hypothesis import given

from hub.words.facts import Fact, facts
from hub.words.language import speaking
from schemas.catalogue import Event
from tests.events import KINDS, OF_THE_HUB, event, source_of
from tests.registers import REGISTER
from tests.unit.strategies import events


@pytest.mark.parametrize(
    ("kind", "label", "text"),
    [
        ("stress-test-completed", "Dreiging", "overstroming, wateroverlast"),
        ("stress-test-completed", "Afwijkingen", "Neerslagreeks: De eigen reeks is langer."),
        ("stress-test-completed", "Openheid", "alleen voor partners"),
        ("impact-analysis-published", "Duur van de uitval", "36 uur"),
        ("impact-analysis-published", "Getroffen mensen", "12.500"),
        ("bottleneck-found", "Ernst", "hoog"),
        ("bottleneck-found", "Gevonden op", "1 juni 2027"),
        ("bottleneck-resolved", "Opgelost op", "1 juli 2027"),
        ("question-raised", "Nodig voor", "1 juli 2027"),
        ("question-answered", "Per gebied", "Maastricht: Acht uur.\nValkenburg aan de Geul: Zes uur."),
        ("question-answered", "Geldig tot en met", "1 juli 2028"),
        ("information-requested", "Doel", "Voor de stresstest van de gemeente."),
        ("participation-requested", "Soort", "risicodialoog"),
        ("participation-requested", "Wanneer", "donderdag 24 juni 2027, 13:30 uur"),
        ("risk-dialogue-held", "Aanwezig", "Gemeente Maastricht, Enexis Netbeheer"),
        ("risk-dialogue-held", "Afspraken", "Enexis deelt een kaart."),
        ("knowledge-shared", "Meer", "https://rapporten.example/les"),
    ],
)
def test_codes_and_dates_are_told_in_dutch(kind: str, label: str, text: str) -> None:
    assert Fact(label, text) in facts(event(kind), REGISTER)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    "text",
    [
        "provincie Limburg: Geen.\nMaastricht: Acht uur.",
        "Provincie limburg :  Geen.\n\nGM0935: Acht uur.",
        "The province of Limburg: Geen.\nMaastricht: Acht uur.",
        "PV31: Geen.\nMaastricht: Acht uur.\nMet groet",
    ],
)
def test_a_row_of_an_area_that_the_answer_tells_is_told_once_in_whatever_language(
    text: str, language: str
) -> None:
    rows = [{"area": "PV31", "text": "Geen."}, {"area": "GM0935", "text": "Acht uur."}]
    answer = event("question-answered", data={"text": text, "per_area": rows})
    with speaking(language):
        told = [fact.text for fact in facts(answer, REGISTER)]
    assert " ".join(told).count("Geen.") == " ".join(told).count("Acht uur.") == 1
    assert told[0] == text


@pytest.mark.parametrize(
    ("language", "row"), [("nl", "provincie Limburg: Geen."), ("en", "the province of Limburg: Geen.")]
)
@pytest.mark.parametrize("text", ["provincie Limburg: Een.", "Limburg: Geen.", "Geen."])
def test_a_row_that_the_answer_tells_otherwise_is_told_in_the_language_of_the_reader(
    text: str, language: str, row: str
) -> None:
    answer = event("question-answered", data={"text": text, "per_area": [{"area": "PV31", "text": "Geen."}]})
    with speaking(language):
        assert row in [fact.text for fact in facts(answer, REGISTER)]


def test_a_report_on_a_situation_is_read_with_the_questions_as_its_sheet_asks_them() -> None:
    codes = ("exposed-assets", "drinking-water-sites-at-water-depth")
    rows = [{"standard_question": code, "text": "Geen."} for code in codes]
    report = event("situation-reported", functions="drinking-water", data={"rows": rows})
    (told,) = [fact.text for fact in facts(report, REGISTER) if fact.label == "Per vraag"]
    assert "gevoelig is voor deze crisis? Geen." in told
    assert "alle locaties met 50 cm water" in told
    assert not [word for word in ("{", "[", "verdeelkasten") if word in told]


def test_how_a_request_stands_reads_well_to_its_asker_and_to_the_coordinator_who_can_help() -> None:
    why = "asker-has-had-its-share-so-ask-the-coordinator"
    request = {"source": source_of("gm0935"), "id": "u2"}
    data = {"state": "urgent-not-sent", "reason": why, "request": request, "operator": "enexis"}
    told = dict(facts(event("request-progressed", data=data), REGISTER))
    assert told["Gevraagd door"] == "Gemeente Maastricht"
    assert told["Waarom"] == "de vrager had zijn spoedvraag al; de coördinator kan deze bevestigen"
    assert not {"u", "uw"} & set(" ".join(told.values()).lower().split())


def test_a_zero_is_a_fact_too() -> None:
    none = event("impact-analysis-published", data={"outage_hours": 0, "people_affected": 0})
    assert {Fact("Duur van de uitval", "0 uur"), Fact("Getroffen mensen", "0")} <= set(facts(none, REGISTER))


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_has_facts_that_start_with_its_heart(kind: str) -> None:
    told = facts(event(kind), REGISTER)
    assert told
    assert len({fact.label for fact in told}) == len(told)
    # The heart of a planned talk is when; the hub tells its own events in words of its own.
    own_words = kind not in ("ministry-consultation-planned", *OF_THE_HUB)
    assert (told[0].text in event(kind).data.model_dump().values()) is own_words


@given(events())
def test_what_an_event_leaves_out_is_no_fact(told: Event) -> None:
    found = facts(told, REGISTER)
    assert found
    assert all(label and text for label, text in found)
