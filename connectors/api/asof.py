"""The register as of the day that an address asks for."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

from fastapi import Query

from connectors.api.refused import ApiRefused
from hub.register.history import History
from hub.register.model import Register
from hub.rules.moments import dutch_day
from hub.store.clock import Clock
from hub.store.register.registers import Registers
from schemas.terms import Day

ValidOn = Annotated[
    Day | None, Query(alias="validOn", description="De dag waarop het moet gelden; anders vandaag.")
]


class AsOf(NamedTuple):
    """The register on a day, and through time."""

    day: date
    register: Register
    history: History

    @property
    def told(self) -> Mapping[str, Any]:
        """What each answer says of it."""
        return {"validOn": self.day.isoformat(), "registerVersion": self.register.version}

    def must_know(self, area: str) -> None:
        """Raises ApiRefused for an area that is not there on the day, nor was before."""
        if area not in self.register.areas and area not in self.register.former:
            detail = f"'{area}' bestaat niet op {self.day}."
            raise ApiRefused(HTTPStatus.NOT_FOUND, "area", "Dit gebied kennen wij niet", detail)


async def as_of(day: date | None, registers: Registers, clock: Clock) -> AsOf:
    """The newest register as it holds on the day (None: today). Raises ApiRefused for a day before it
    began."""
    history = await registers.history()
    day = day or dutch_day(await clock.now())
    if history.begins is not None and day < history.begins:
        detail = f"Het register begint op {history.begins}: van eerder weet het niets."
        raise ApiRefused(
            HTTPStatus.NOT_FOUND, "before-register", "Zo ver gaat het register niet terug", detail
        )
    return AsOf(day, history.on(day), history)
