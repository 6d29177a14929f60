"""What can go wrong with the local services, in words for the person at the keyboard."""

from pathlib import Path

from hub.errors import HubError


class LocalServiceError(HubError):
    """A local service can't be started or used; the message (Dutch) says what to do."""


class ExitedEarly(LocalServiceError):
    """A child ended before it was ready."""

    def __init__(self, what: str, code: int, log: Path, lines: list[str]) -> None:
        self.code = code
        super().__init__(
            f"{what} is bij het starten gestopt (code {code}). De laatste regels van {log}:\n"
            + "\n".join(f"  {line}" for line in lines)
        )
