"""Becomes another program, with what must be set between fork and exec. Run as a script by `processes`;
standard library only, started with `python -I -S`.

Arguments: death signal, pid of the supervisor, uid, gid (-1: stay who you are), 1 to reach closed folders,
then the program and its arguments. Exit code 77: closed folders can't be
reached as that user here.
"""

import ctypes
import os
import signal
import sys

CANNOT_REACH = 77

_SET_DEATH_SIGNAL, _SET_SECURE_BITS, _CAP_AMBIENT, _AMBIENT_RAISE = 1, 28, 47, 2
_NO_SETUID_FIXUP = 1 << 2
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
_CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    death_signal, supervisor, uid, gid, closed_folders = (int(word) for word in sys.argv[1:6])
    program = sys.argv[6:]
    libc = ctypes.CDLL(None, use_errno=True)
    if uid >= 0:
        if closed_folders and libc.prctl(_SET_SECURE_BITS, _NO_SETUID_FIXUP, 0, 0, 0):
            sys.exit(CANNOT_REACH)
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        if closed_folders and not (_keep(libc, _DAC_READ_SEARCH) or _keep(libc, _DAC_OVERRIDE)):
            sys.exit(CANNOT_REACH)
    if sys.platform == "linux":
        # After the change of user, which clears it.
        libc.prctl(_SET_DEATH_SIGNAL, death_signal, 0, 0, 0)
        if os.getppid() != supervisor:
            sys.exit(1)
    # Python ignores it, and an ignored signal stays ignored in the next program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvp(program[0], program)  # noqa: S606 - becoming that program is what this script is for


def _keep(libc: ctypes.CDLL, capability: int) -> bool:
    """Hand one capability of root down to the program. The secure bit set above stays: access(2), which
    PostgreSQL uses on its own files, looks at capabilities of other users than root only with that bit."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; low words, then high words
    if libc.capget(header, sets):
        return False
    sets[2] |= 1 << capability
    if libc.capset(header, sets):
        return False
    return not libc.prctl(_CAP_AMBIENT, _AMBIENT_RAISE, capability, 0, 0)


if __name__ == "__main__":
    main()
