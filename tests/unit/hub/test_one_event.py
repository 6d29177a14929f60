"""What the short way for one event can't do, it leaves to the usual way."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub.errors import DatabaseUnavailable, HubError, NotConfigured
from hub.identity.programs import Presumed
from hub.intake.one_event import accept_one
from hub.rules.scopes import Scope
from schemas.strict_json import Read


@pytest.mark.parametrize("error", [DatabaseUnavailable("weg"), NotConfigured("nog niet")])
async def test_without_a_clock_nothing_is_decided(error: HubError) -> None:
    async def now() -> None:
        raise error

    intake = cast(Any, SimpleNamespace(clock=SimpleNamespace(now=now)))
    assert await accept_one(intake, Presumed("gm0935", frozenset(Scope), b""), Read({})) is None
