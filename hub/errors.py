"""The hub's errors: each says what to do, and whether trying again helps."""

import errno
from collections.abc import Mapping

_OF_THE_SYSTEM: Mapping[int | None, str] = {
    errno.ENOENT: "dat is er niet",
    errno.EACCES: "u hebt daar geen rechten voor",
    errno.EPERM: "u hebt daar geen rechten voor",
    errno.EISDIR: "dat is een map",
    errno.ENOTDIR: "een deel van het pad is geen map",
    errno.EEXIST: "er staat al een bestand met die naam",
    errno.EROFS: "daar mag niets geschreven worden",
    errno.ENOSPC: "de schijf is vol",
    errno.ELOOP: "dat is een link",
    errno.ENAMETOOLONG: "de naam is te lang",
}


def why(error: OSError) -> str:
    """Why the system could not do it, in Dutch."""
    return _OF_THE_SYSTEM.get(error.errno, f"fout {error.errno} van dit systeem")


class HubError(Exception):
    """Something the hub can't do, in words for the person who asked."""

    try_again = False


class NotConfigured(HubError):
    """A part has no address. Set the KERNHUB_ variable that the message names, or use `kernhub up`."""


class Unavailable(HubError):
    """A part of the hub does not answer now."""

    try_again = True


class KafkaUnavailable(Unavailable):
    """Kafka does not acknowledge. Nothing was accepted; try again."""


class KafkaRefuses(KafkaUnavailable):
    """Kafka does not let the hub in, or do this. The administrator can mend that; who waits then goes on."""


class RegisterEmpty(Unavailable):
    """No register was ever saved. `kernhub prepare` saves the first one; workers wait for it."""


class DatabaseNotPrepared(Unavailable):
    """The tables are not those of this version. `kernhub prepare` makes them; workers wait for it."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer. Nothing was accepted; try again."""


class ChangeUntold(HubError):
    """The hub can't publish an event that tells of a change of the register: the register is as it was."""

    def __init__(self, reasons: str):
        super().__init__(f"Het register is niet veranderd: de hub kan dit niet melden.\n{reasons}")
