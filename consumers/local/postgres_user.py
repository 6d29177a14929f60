"""Who runs PostgreSQL: it refuses root, so root runs it as someone with no rights."""

import os
import pwd
import stat
from pathlib import Path

from consumers.local.errors import LocalServiceError
from consumers.local.processes import User


def choose(data: Path, programs: Path) -> tuple[User | None, list[Path]]:
    """As whom to run it (None: as ourselves), and the folders on the way to its data and programs that are
    closed to that user. Raises LocalServiceError if the data belong to someone we can't become."""
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise LocalServiceError(
                f"De map {data} is van een andere gebruiker (nummer {owner}). Start de hub als die "
                "gebruiker, of kies een andere map met KERNHUB_VAR."
            )
        return None, []
    account = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    user = User(account.pw_uid, account.pw_gid)
    closed = closed_folders((data, programs), user)
    return User(user.uid, user.gid, bool(closed)), closed


def closed_folders(paths: tuple[Path, ...], user: User) -> list[Path]:
    """The parents of these paths that this user may not pass through."""
    parents = {parent for path in paths for parent in path.resolve().parents}
    return sorted(parent for parent in parents if parent.exists() and not _may_pass(parent, user))


def _may_pass(folder: Path, user: User) -> bool:
    seen = folder.stat()
    if seen.st_uid == user.uid:
        return bool(seen.st_mode & stat.S_IXUSR)
    if seen.st_gid == user.gid:
        return bool(seen.st_mode & stat.S_IXGRP)
    return bool(seen.st_mode & stat.S_IXOTH)


def cannot_reach(closed: list[Path]) -> LocalServiceError:
    folders = ", ".join(map(str, closed))
    return LocalServiceError(
        "PostgreSQL mag niet als root draaien, en de gebruiker 'nobody' kan niet bij zijn bestanden. "
        f"Maak deze mappen doorgankelijk (chmod o+x): {folders}. Of start de hub als gewone gebruiker, "
        "of kies een andere map met KERNHUB_VAR."
    )
