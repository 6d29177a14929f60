"""Each change of the register is an event that the hub may publish, and that tells no more than it may."""

import dataclasses
import json
from datetime import UTC, date, datetime

import pytest

from hub.register.changes import changes
from hub.register.history import Entry, History, Kind
from hub.register.kinds import Wish
from hub.register.merging import merged
from hub.register.model import Subscription
from hub.rules.admission import admission
from hub.rules.announcing import announcements, unpublishable
from hub.rules.recipients import recipients
from schemas.catalogue import BY_TYPE, parse
from schemas.register_change import PartyChangedData
from schemas.terms import FunctionSlug, Tlp
from tests.registers import HISTORY, TODAY, with_facts, without_party

NOW = datetime(2027, 6, 1, 8, tzinfo=UTC)
_WISH = Subscription("gm0935", "stroom", Wish.DIGEST, (FunctionSlug.OIL,), ("PV31",))
_NEW = {
    "a merger": merged(HISTORY, ["GM1696"], "GM0402", date(2027, 1, 1)),
    "a mailbox": with_facts(HISTORY, Kind.PARTY, "enexis", mailbox="geheim@enexis.example"),
    "a clearance": with_facts(HISTORY, Kind.PARTY, "enexis", clearance=Tlp.GREEN),
    "a party that goes": without_party(HISTORY, "gm0935"),
    "a party that everyone forgot": without_party(HISTORY, "min-kgg"),
    "a coordinator": with_facts(HISTORY, Kind.FUNCTION, "oil", coordinator_nl="Iemand anders"),
    "an arrow": with_facts(HISTORY, Kind.DEPENDENCY, "electricity oil", origin="Kernteam"),
    "a subscription": History.of(1, (*HISTORY.entries, Entry(_WISH, date(2027, 1, 1)))),
    "a subscription of a party that left": History.of(
        1, (*HISTORY.entries, Entry(dataclasses.replace(_WISH, party="min-kgg"), date(2020, 1, 1)))
    ),
    "an area that goes": History.of(1, [e for e in HISTORY.entries if e.key != "GM1696"]),
}


def _events(name: str) -> list[dict[str, object]]:
    new = dataclasses.replace(_NEW[name], version=2)
    return announcements(changes(HISTORY, new), new.on(TODAY), NOW)


@pytest.mark.parametrize("name", _NEW)
def test_each_change_is_an_event_of_its_own_that_may_come_in(name: str) -> None:
    new = dataclasses.replace(_NEW[name], version=2)
    told = [parse(attributes) for attributes in _events(name)]
    assert len(told) == len(changes(HISTORY, new)) == len({event.id for event in told}) > 0
    for event in told:
        assert BY_TYPE[event.type].by_hub
        assert admission(event, new.on(TODAY)) == []


@pytest.mark.parametrize("name", ["a mailbox", "a clearance"])
def test_what_only_the_party_may_know_is_not_told(name: str) -> None:
    (attributes,) = _events(name)
    assert "geheim" not in json.dumps(attributes)
    assert "clearance" not in json.dumps(attributes["data"]).replace('"fields": ["clearance"]', "")


def test_the_party_that_it_is_about_hears_of_it_and_its_core_team() -> None:
    (attributes,) = _events("a mailbox")
    told = {r.party for r in recipients(parse(attributes), HISTORY.on(TODAY))}
    assert {"enexis", "kernteam-electricity", "kernteam-overall"} <= told
    assert "gm0935" not in told


def test_a_party_is_told_with_its_kvk_number_where_it_has_one() -> None:
    known = with_facts(HISTORY, Kind.PARTY, "enexis", kvk="00000001")
    for old, new, kvk in ((HISTORY, known, "00000001"), (known, HISTORY, None)):
        (told,) = announcements(changes(old, new), new.on(TODAY), NOW)
        data = parse(told).data
        assert isinstance(data, PartyChangedData)
        assert (data.fields, data.kvk) == (("kvk",), kvk)


def test_a_subscription_is_told_to_its_own_party_only() -> None:
    (attributes,) = _events("a subscription")
    assert {r.party for r in recipients(parse(attributes), HISTORY.on(TODAY))} == {"gm0935"}


@pytest.mark.parametrize("party", ["actiz", "kernteam-oil", "gm0935"])
def test_a_party_hears_of_its_own_subscription_whatever_its_clearance(party: str) -> None:
    everything = [Entry(Subscription(p, "alles", Wish.DIGEST), date(2027, 1, 1)) for p in ("wml", "acm")]
    wish = Entry(dataclasses.replace(_WISH, party=party), date(2027, 1, 1))
    new = History.of(2, (*HISTORY.entries, *everything, wish))
    (about,) = [
        told
        for told in map(parse, announcements(changes(HISTORY, new), new.on(TODAY), NOW))
        if told.data.party == party  # type: ignore[union-attr]
    ]
    assert {r.party for r in recipients(about, new.on(TODAY))} == {party}


def test_what_the_hub_could_not_publish_is_named() -> None:
    areas = tuple(HISTORY.on(TODAY).areas)
    new = dataclasses.replace(with_facts(HISTORY, Kind.PARTY, "enexis", areas=areas), version=2)
    told = announcements(changes(HISTORY, new), new.on(TODAY), NOW)
    assert [(p.field, p.code) for p in unpublishable(told, new.on(TODAY))] == [("areas", "too_long")]
    assert unpublishable(_events("a mailbox"), HISTORY.on(TODAY)) == []


def test_the_same_change_has_the_same_id_and_another_version_another() -> None:
    new = with_facts(HISTORY, Kind.PARTY, "enexis", name="Anders")
    ids = []
    for version in (2, 2, 3):
        made = dataclasses.replace(new, version=version)
        ((one),) = announcements(changes(HISTORY, made), made.on(TODAY), NOW)
        ids.append(one["id"])
    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)
