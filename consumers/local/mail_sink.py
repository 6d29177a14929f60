"""A local mail server that sends nothing on: every accepted mail ends in a Maildir.

Run as a program: `python -m consumers.local.mail_sink --host 127.0.0.1 --port 1025 --maildir FOLDER`.
"""

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from consumers.local import maildir, ports, ready
from consumers.local.processes import Child, Processes

NAME = "mail"
PORT = 1025
SIZE_LIMIT = 10 * 1024 * 1024  # bytes

_START_SECONDS = 120.0
_STOP_SECONDS = 5.0


async def start(var: Path, folder: Path, processes: Processes, tell: Callable[[str], None]) -> int:
    """Start the sink, which keeps its mail in the Maildir `folder`, and wait until it greets. Returns its
    port. Raises LocalServiceError."""

    async def launch(chosen: tuple[int, ...]) -> tuple[Child, Callable[[], Awaitable[bool]]]:
        (port,) = chosen
        tell(f"Mailserver start op poort {port}; alle mail blijft hier, in {folder} …")
        # Another sink may take the port just before: who greets must be the one started here.
        name = f"{secrets.token_hex(8)}.localhost"
        argv = [sys.executable, "-m", "consumers.local.mail_sink"]
        argv += ["--host", ports.HOST, "--port", str(port), "--maildir", str(folder), "--name", name]
        child = await processes.start(NAME, argv, log=var / "log" / "mail.log", on_trial=True)
        return child, lambda: _greets(port, name)

    (port,) = await ready.start_on_free_ports("De mailserver", (PORT,), launch, processes, _START_SECONDS)
    return port


async def stop(processes: Processes) -> None:
    await processes.stop(NAME, _STOP_SECONDS)


class Keeper:
    """Takes mail from aiosmtpd."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        mail = content.encode() if isinstance(content, str) else content or b""
        try:
            for recipient in envelope.rcpt_tos:
                maildir.keep(self._folder, mail, envelope.mail_from or "", recipient)
        except OSError as error:
            # What was kept before the error is not kept again when the sender tries again.
            return f"451 Could not keep the mail: {error.strerror}"
        return "250 Kept"


async def serve(host: str, port: int, folder: Path, name: str) -> None:
    """Take mail until SIGTERM or SIGINT, greeting as `name`. Raises OSError if the port is taken."""
    maildir.make(folder)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)

    def connection() -> SMTP:
        return SMTP(
            Keeper(folder), hostname=name, data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, loop=loop
        )

    server = await loop.create_server(connection, host, port)
    await ended.wait()
    server.close()


async def _greets(port: int, name: str) -> bool:
    try:
        reader, writer = await asyncio.open_connection(ports.HOST, port)
        try:
            greeting = await asyncio.wait_for(reader.readline(), 5)
            writer.write(b"QUIT\r\n")
            await asyncio.wait_for(reader.readline(), 5)
        finally:
            writer.close()
    except (OSError, TimeoutError):
        return False
    return greeting.startswith(f"220 {name} ".encode())


def main() -> None:
    parser = argparse.ArgumentParser(description="Local mail server that keeps all mail in a Maildir")
    parser.add_argument("--host", default=ports.HOST)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--maildir", type=Path, required=True)
    parser.add_argument("--name", default="localhost", help="the name it greets with")
    chosen = parser.parse_args()
    try:
        asyncio.run(serve(chosen.host, chosen.port, chosen.maildir, chosen.name))
    except OSError as error:
        sys.exit(f"mail sink: {error}")


if __name__ == "__main__":
    main()
