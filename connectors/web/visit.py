"""One visit to a page: what a page is made from, and how it is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jinja2 import Environment
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.alike_questions import AlikeQuestions
from hub.register.model import Register
from hub.settings import Settings
from hub.store.registers import Registers


class PageNotFound(Exception):
    """What the address names is not there."""


@dataclass(frozen=True)
class Visit:
    """A request for a page, in one read-only transaction. `register` is the newest of the `registers`,
    `frame` what every page shows around it."""

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
