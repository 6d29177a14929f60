"""The rules of the envelope, attribute by attribute."""

from typing import Any

import pytest

from schemas.catalogue import CATALOGUE, parse
from schemas.envelope import schema_uri
from schemas.problems import Refused
from schemas.terms import FunctionSlug
from tests.events import KINDS, attributes, event


def _codes(kind: str = "bottleneck-found", **changes: Any) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        parse(attributes(kind, **changes))
    return {problem.field: problem.code for problem in refused.value.problems}


@pytest.mark.parametrize(
    "source",
    [
        "urn:nld:oin:00000099100009350000:systeem:zaken",
        "urn:nld:oin:0000000912345678ABCD:systeem:SCADA_2.0-a",
        "urn:nld:kvknr:12345678:systeem:x",
    ],
)
def test_a_source_is_a_system_of_a_government_or_a_company(source: str) -> None:
    assert event("bottleneck-found", source=source).source == source


@pytest.mark.parametrize(
    "source",
    [
        "urn:nld:oin:0000009910000935000:systeem:zaken",
        "urn:nld:oin:00000099100009350000",
        "urn:nld:oin:00000099100009350000:systeem:",
        "urn:nld:oin:00000099100009350000:systeem:a b",
        "urn:nld:oin:00000099100009350000:systeem:zaken\n",
        "urn:nld:kvknr:1234567:systeem:x",
        "urn:nld:kvknr:1234567٨:systeem:x",
        "urn:nld:bsn:123456782:systeem:x",
        "https://zaken.example/1",
        "",
    ],
)
def test_another_source_is_refused(source: str) -> None:
    assert _codes(source=source) == {"source": "source"}


def test_the_first_function_leads() -> None:
    told = event("bottleneck-found", functions="oil,electricity")
    assert told.functions == (FunctionSlug.OIL, FunctionSlug.ELECTRICITY)
    assert told.lead_function is FunctionSlug.OIL


@pytest.mark.parametrize(
    ("functions", "problems"),
    [
        ("elektriciteit", {"functions/0": "enum"}),
        ("electricity,oil,electricity", {"functions": "doubled"}),
        ("electricity, oil", {"functions/1": "enum"}),
        ("electricity,", {"functions/1": "enum"}),
        ("", {"functions/0": "enum"}),
        (["electricity"], {"functions": "comma_list"}),
        (5, {"functions": "comma_list"}),
    ],
)
def test_functions_are_known_names_between_commas_each_once(functions: Any, problems: dict[str, str]) -> None:
    assert _codes(functions=functions) == problems


@pytest.mark.parametrize("areas", ["NL", "PV31", "VR24", "WS0665", "GM0935", "GM0935,PV31,NL"])
def test_areas_are_official_codes(areas: str) -> None:
    assert ",".join(event("bottleneck-found", areas=areas).areas) == areas


@pytest.mark.parametrize(
    "area", ["nl", "GM935", "GM09351", "PV3", "WS665", "XX0001", "GM٠٩٣٥", "GM0935\n", " NL"]
)
def test_another_form_of_area_is_refused(area: str) -> None:
    assert _codes(areas=area) == {"areas/0": "string_pattern_mismatch"}


def test_areas_are_each_there_once_and_not_endless() -> None:
    assert _codes(areas="NL,NL") == {"areas": "doubled"}
    assert _codes(areas=",".join(f"GM{n:04}" for n in range(401))) == {"areas": "too_long"}


@pytest.mark.parametrize("label", ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"])
def test_the_five_labels_are_taken_as_they_are(label: str) -> None:
    assert event("bottleneck-found", tlp=label).tlp == label


@pytest.mark.parametrize("label", ["amber", "WHITE", "TLP:RED", "AMBER STRICT", ""])
def test_another_label_is_refused(label: str) -> None:
    assert _codes(tlp=label) == {"tlp": "enum"}


def test_a_missing_label_is_refused_never_guessed() -> None:
    assert _codes(tlp=None) == {"tlp": "missing"}


@pytest.mark.parametrize("sequencetype", ["Integer", "integer"])
def test_a_sequence_comes_with_its_type(sequencetype: str) -> None:
    assert event("bottleneck-found", sequence="17", sequencetype=sequencetype).sequence == "17"


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"sequence": "1"}, {"sequencetype": "sequence_pair"}),
        ({"sequencetype": "Integer"}, {"sequencetype": "sequence_pair"}),
        ({"sequence": "1", "sequencetype": "Float"}, {"sequencetype": "sequencetype"}),
        ({"sequence": "0", "sequencetype": "Integer"}, {"sequence": "string_pattern_mismatch"}),
        ({"sequence": "01", "sequencetype": "Integer"}, {"sequence": "string_pattern_mismatch"}),
        ({"sequence": "1٢", "sequencetype": "Integer"}, {"sequence": "string_pattern_mismatch"}),
        ({"sequence": 1, "sequencetype": "Integer"}, {"sequence": "string_type"}),
    ],
)
def test_a_sequence_that_can_not_be_counted_is_refused(
    changes: dict[str, Any], problems: dict[str, str]
) -> None:
    assert _codes(**changes) == problems


def test_an_event_expires_after_its_own_time() -> None:
    told = event("question-raised", expirytime="2027-06-01T08:00:00.000001Z")
    assert told.expirytime is not None
    assert told.expirytime > told.time
    for early in ("2027-06-01T10:00:00+02:00", "2027-06-01T09:59:59+02:00", "2027-06-01T10:00:00+03:00"):
        assert _codes("question-raised", expirytime=early) == {"expirytime": "expirytime"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_of_an_event_is_that_of_its_type(kind: str) -> None:
    own = schema_uri(event(kind).type)
    assert own.startswith("https://")
    assert event(kind, dataschema=own).dataschema == own
    for other in {schema_uri(row.type) for row in CATALOGUE} - {own}:
        assert _codes(kind, dataschema=other) == {"dataschema": "dataschema"}
    assert _codes(kind, dataschema=own.removeprefix("https:")) == {"dataschema": "dataschema"}


def test_only_json_data_of_cloudevents_one_is_taken() -> None:
    assert _codes(specversion="1.1") == {"specversion": "literal_error"}
    assert _codes(datacontenttype="text/plain") == {"datacontenttype": "literal_error"}


def test_an_event_can_not_be_changed() -> None:
    told = event("bottleneck-found")
    with pytest.raises(ValueError, match="frozen"):
        told.tlp = "CLEAR"  # type: ignore[misc, assignment]
    with pytest.raises(ValueError, match="frozen"):
        told.data.recipients = ("wml",)  # type: ignore[misc]
