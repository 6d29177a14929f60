"""A story with all that a hub does in it, on Kafka and in the database: for who does the past again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from consumers.commands.catch_up import Asked, catch_up
from consumers.commands.erase import erase
from consumers.commands.retain import retain
from consumers.kafka.outbox import Outbox
from hub.kafka.broker import Outgoing, Publisher, function_topic
from hub.rules.identity import canonical
from hub.store import tables
from hub.store.clock import clock_of
from schemas.terms import FunctionSlug, Tlp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub

SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)
CRISIS = "Hoogwater Maas juni 2027"
NAME = "Jan Jansen"


def _ref(name: str, party: str) -> dict[str, str]:
    return {"source": source_of(party), "id": name}


def question(name: str, asker: str = "gm0935", **changes: Any) -> dict[str, Any]:
    """A question to Enexis that is asked nowhere else."""
    said = {"asked": ["enexis"], "needed_by": None, "text": f"{name}?", **changes.pop("data", {})}
    about = {"id": name, "source": source_of(asker), "areas": asker.upper(), "subject": f"zaak-{name}"}
    return attributes("question-raised", **{**about, "data": said, **changes})


def _said(kind: str, of: str, asker: str = "gm0935", **data: Any) -> dict[str, Any]:
    about = {"request": _ref(of, asker), "recipients": None, **data}
    return attributes(kind, id=f"{kind}-{of}", source=source_of("enexis"), data=about)


def _two(kind: str, one: str, other: str) -> dict[str, Any]:
    data = {"one": _ref(one, "gm0935"), "other": _ref(other, "gm0994")}
    return attributes(kind, id=f"{kind}-{one}", source=source_of("enexis"), data=data)


def answer(of: str, asker: str = "gm0935", **data: Any) -> dict[str, Any]:
    """Enexis answers a question."""
    said = {"question": _ref(of, asker), "per_area": [], **data}
    return attributes("question-answered", id=f"a-{of}", source=source_of("enexis"), data=said)


class Story:
    """Tells events to a hub, over Kafka too, and brings back what the hub says itself."""

    def __init__(self, hub: Hub, publisher: Publisher):
        self.hub, self._publisher = hub, publisher
        self._back = 0

    async def tell(self, *events: dict[str, Any]) -> None:
        await self._publisher.publish([self._outgoing(one) for one in events])
        await self.hub.feed(*events)
        await self.come_back()

    def _outgoing(self, event: dict[str, Any]) -> Outgoing:
        lead = FunctionSlug(event["functions"].split(",")[0])
        return Outgoing(function_topic(self.hub.settings, lead), b"k", canonical(event))

    async def come_back(self) -> None:
        """What the hub says itself goes to Kafka, and comes in as all else."""
        hub = self.hub
        outbox = Outbox(hub.settings, hub.pool, self._publisher, clock_of(hub.settings, hub.pool))
        while await outbox.publish_next(set()):
            pass
        rows = await hub.rows(tables.outbox, tables.outbox.c.position > self._back)
        if rows:
            self._back = max(row.position for row in rows)
            await hub.feed(*(row.content for row in sorted(rows, key=lambda row: row.position)))

    async def go(self, to: datetime) -> None:
        await self.hub.go(to)
        await self.hub.send()
        await self.come_back()


async def steered(story: Story) -> None:
    """Declined, postponed, referred, merged and separated; deposits, a retraction, and answers."""
    standard = {"standard_question": "stations-at-water-depth"}
    await story.tell(attributes("bottleneck-found", id="a"), attributes("answer-deposited", id="d"))
    await story.tell(question("bediend", data=standard), question("weg"), question("uit", "gm0994"))
    await story.tell(*(question(name) for name in ("nee", "door", "gesplitst", "samen", "terug")))
    await story.tell(
        question("ook-samen", "gm0994"), question("ook-gesplitst", "gm0994", data={"text": "gesplitst?"})
    )
    await story.tell(_said("request-declined", "nee"))
    await story.tell(_said("request-declined", "te-vroeg"), question("te-vroeg", "gm0935"))
    await story.tell(_said("request-referred", "door", to="wml"))
    await story.tell(_two("questions-merged", "samen", "ook-samen"))
    await story.tell(_two("questions-separated", "gesplitst", "ook-gesplitst"))
    await story.go(NOW + timedelta(days=7))
    withdrawn = {"request": _ref("weg", "gm0935")}
    await story.tell(attributes("request-withdrawn", id="w", source=source_of("gm0935"), data=withdrawn))
    await story.go(SLOT)
    await story.tell(_said("request-postponed", "uit", "gm0994", until="2027-07-21"))
    await story.tell(
        answer("samen", valid_until="2027-12-01", text=f"Bel {NAME}."), question("later", "gm0938")
    )
    await story.tell(attributes("answer-retracted", id="r", data={"answer": _ref("d", "enexis")}))


async def in_crisis(story: Story) -> None:
    """A sheet that is opened, widened, renewed and reported on, with requests on it; an urgent request."""
    opened = {"crisis": CRISIS, "text": "De Maas stijgt."}
    sheet = {"situation": _ref("s1", "kernteam-electricity")}
    on_it = {"standard_question": "stations-at-water-depth", "crisis": CRISIS}
    await story.tell(attributes("situation-opened", id="s1", areas="VR24", data=opened))
    await story.tell(question("mee", data=on_it), question("ook-mee", "gm0994", data=on_it))
    await story.tell(attributes("situation-opened", id="s2", areas="GM0855", data=opened))
    await story.go(SLOT + timedelta(days=1))
    await story.tell(
        attributes("situation-renewed", id="s3", areas="VR24", data={**sheet, "text": "Het zakt nog niet."}),
        attributes(
            "situation-reported", id="s4", areas="VR24", data={**sheet, "text": "Twee uit.", "rows": []}
        ),
        question(
            "spoed",
            data={"urgent": "De dijk is zwak.", "needed_by": "2027-06-25", "text": f"Is {NAME} er?"},
        ),
    )
    await story.go(SLOT + timedelta(days=14))


async def changed(story: Story) -> None:
    """The register changes, and something is sent again."""
    hub = story.hub
    await hub.change("pv31", clearance=Tlp.CLEAR)
    await story.tell(attributes("bottleneck-found", id="b"), question("nieuw", "gm0994"))
    await story.go(SLOT + timedelta(days=21))
    await hub.change("pv31", clearance=Tlp.AMBER)
    await catch_up(hub.settings, Asked("pv31", why="nazending"))
    await story.tell(attributes("bottleneck-resolved", data={"bottleneck": _ref("a", "gm0935")}))
    for days in (28, 35, 90, 200):
        await story.go(SLOT + timedelta(days=days))


async def forgotten(story: Story, folder: Path) -> None:
    """Contents are erased, and others are past their term."""
    hub = story.hub
    assert await erase(hub.settings, [], NAME, "verzoek", remove=True) == 0
    sheet = folder / "termijnen.csv"
    sheet.write_text("soort;label;dagen\n*;*;150\n")
    terms = hub.settings.model_copy(update={"retention_file": sheet})
    assert await retain(terms, remove=True) == 0
    await story.tell(attributes("bottleneck-found", id="na"))
