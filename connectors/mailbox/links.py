"""The links in the footer of a mail: to choose what one is mailed, and to stop this kind of mail."""

from connectors.mailbox.rendering import with_line
from hub import wording
from hub.rules.links import Link, signed

SECRET = "mail-links"  # noqa: S105 - the name of the key, not the key
"""The key of the hub that signs links."""


def address(public_url: str, link: Link, mailbox: str, secret: bytes, page: str = "mail") -> str:
    """Where a link leads."""
    return f"{public_url.rstrip('/')}/{page}/{signed(link, mailbox, secret)}"


def with_links(
    body: str, html: str | None, to_choose: str, stops: str | None, to_stop: str | None
) -> tuple[str, str | None]:
    """Both forms of a mail with its links in the footer."""
    body, html = with_line(body, html, "Kies welke mail u krijgt, en wanneer", to_choose)
    if stops is not None and to_stop is not None:
        body, html = with_line(body, html, f"Geen mail meer over {wording.mail_kind(stops)}", to_stop)
    return body, html
