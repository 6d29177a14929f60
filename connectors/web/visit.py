"""One visit to a page: what a page is made from, and how it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from jinja2 import Environment
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.asking.alike_questions import AlikeQuestions
from hub.register.model import Register
from hub.settings import Settings
from hub.store.register.registers import Registers
from schemas.terms import Tlp


class PageNotFound(Exception):
    """What the address names is not there."""


class Look(NamedTuple):
    """Something above the open label that a page shows; an event, or part of a list."""

    tlp: str
    event_key: UUID | None


@dataclass(frozen=True)
class Visit:
    """A request for a page, in one transaction. `register` is the newest of the `registers`, `frame` what
    every page shows around it, `looks` what of it the ledger must tell of."""

    path: str
    query: Mapping[str, str]
    names: Mapping[str, Any]
    settings: Settings
    register: Register
    registers: Registers
    alike: AlikeQuestions
    connection: AsyncConnection
    environment: Environment
    frame: Mapping[str, Any]
    looks: list[Look] = field(default_factory=list)

    def look(self, tlp: str, event_key: UUID | None = None) -> None:
        """Tells that the page shows content with this label."""
        if tlp != Tlp.CLEAR:
            self.looks.append(Look(str(tlp), event_key))

    def render(self, template: str, **values: Any) -> str:
        """The page as HTML."""
        own = {"path": self.path, "query": self.query, "register": self.register}
        return self.environment.get_template(template).render(**self.frame, **own, **values)

    def key(self, name: str) -> UUID:
        """The key in the address. Raises PageNotFound when it is none."""
        try:
            return UUID(self.names[name])
        except ValueError:
            raise PageNotFound from None
