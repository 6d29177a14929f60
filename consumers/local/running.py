"""Where is the hub that runs on this machine? Its settings, as long as it runs, for other commands."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from consumers.local import lock
from hub.settings import Settings

_NAME = "running.json"


@contextmanager
def announced(settings: Settings, wanted: Settings, known: Settings) -> Iterator[None]:
    """Tells other commands of this user how to reach the hub, until it stops: by the `settings` of its
    workers, and where the database is one of this user's own, since none was `wanted`, with the address of
    the owner of its tables, which only who started it has (`known`)."""
    owner = known.database_owner_url if wanted.database_url is None else None
    path = settings.var / _NAME
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        json.dump(settings.model_copy(update={"database_owner_url": owner}).as_environment(), output)
    fresh.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def completed(settings: Settings) -> Settings:
    """These settings, with what they leave out taken from the hub that runs in the same folder, if any."""
    path = settings.var / _NAME
    if not lock.is_held(settings.var) or not path.exists():
        return settings
    told = json.loads(path.read_text())
    names = {f"KERNHUB_{name.upper()}": name for name in Settings.model_fields}
    running = {names[variable]: value for variable, value in told.items() if variable in names}
    chosen = {name: getattr(settings, name) for name in settings.model_fields_set}
    return Settings(**{**running, **chosen})
