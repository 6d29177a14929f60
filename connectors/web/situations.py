"""Situations: the sheets of a crisis, which operators fill in at their own pace."""

from typing import Any

from connectors.web.lines import request_line, some_areas
from connectors.web.paging import paging
from connectors.web.states import State, Tone
from connectors.web.visit import PageNotFound, Visit
from hub.register.model import Register
from hub.store.views import situations as store
from hub.words import wording
from hub.words.facts import facts
from schemas.catalogue import parse
from schemas.envelope import is_exercise
from schemas.situation import SituationOpened

_REPORTED = State("gemeld", Tone.DONE)
_NOTHING_YET = State("nog niets gemeld", Tone.WAITING)


async def show_situations(visit: Visit) -> str:
    """Every situation, newest first."""
    page = paging(visit.query, await store.count_situations(visit.connection))
    rows = await store.list_situations(visit.connection, page.size, page.skip)
    listed = [{"row": row, **_about(row.content, visit.register)} for row in rows]
    for one in listed:
        visit.look(one["tlp"])
    return visit.render("situations.html", situations=listed, page=page)


async def show_situation(visit: Visit) -> str:
    """One situation: its sheets with what was reported last, and who asks."""
    key = visit.key("situation_key")
    sheets = await store.sheets_to_read(visit.connection, key)
    if not sheets:
        raise PageNotFound
    requests = await store.requests_of_situation(visit.connection, key)
    for content in (sheets[0].situation, *(row.content for row in requests)):
        visit.look(parse(content).tlp)
    return visit.render(
        "situation.html",
        key=key,
        about=_about(sheets[0].situation, visit.register),
        sheets=[_sheet(row, visit.register) for row in sheets],
        requests=[request_line(row) for row in requests],
    )


def _about(content: dict[str, Any], register: Register) -> dict[str, Any]:
    event = parse(content)
    assert isinstance(event, SituationOpened)  # noqa: S101 - only such opens sheets
    return {
        "crisis": event.data.crisis,
        "text": event.data.text,
        "tlp": str(event.tlp),
        "exercise": is_exercise(event.source),
        "functions": wording.functions(event, register),
        "areas": some_areas(event.areas, register),
    }


def _sheet(row: Any, register: Register) -> dict[str, Any]:
    report = parse(row.report) if row.report else None
    return {
        "row": row,
        "function": wording.function_name(row.function, register),
        "areas": wording.areas(row.areas, register),
        "state": _REPORTED if report else _NOTHING_YET,
        "report": facts(report, register) if report else [],
        "reported_at": report.time if report else None,
        "tlp": str(report.tlp) if report else None,
    }
