"""How a command gets its settings, and how it ends."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, Final

from pydantic import ValidationError

from consumers.interrupt import until_interrupted
from consumers.say import warn
from hub.errors import NotConfigured
from hub.settings import Settings
from schemas.problems import in_dutch

INTERRUPTED: Final = 130


def finish(work: Coroutine[Any, Any, int], *, after: str = "Afgebroken.") -> None:
    """Runs the work to its exit code; when it is interrupted, says `after`."""
    code = asyncio.run(until_interrupted(work))
    if code is None:
        warn(after)
    sys.exit(INTERRUPTED if code is None else code)


def own_settings() -> Settings:
    """The settings in the environment. Raises NotConfigured with all that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"KERNHUB_{'_'.join(map(str, e['loc'])).upper()}: {in_dutch(e)}" for e in error.errors()]
        raise NotConfigured("Deze instellingen kloppen niet:\n" + "\n".join(wrong)) from None
