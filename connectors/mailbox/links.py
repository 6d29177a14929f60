"""The links in the footer of a mail: to choose what one is mailed, and to stop this kind of mail."""

from connectors.mailbox.rendering import language_of, with_line, with_top
from hub.rules.links import Link, signed
from hub.rules.mail_in.own_text import ABOVE, HOW_TO_REPLY
from hub.words import wording
from hub.words.language import said, speaking

SECRET = "mail-links"  # noqa: S105 - the name of the key, not the key
"""The key of the hub that signs links."""


def address(public_url: str, link: Link, mailbox: str, secret: bytes, page: str = "mail") -> str:
    """Where a link leads."""
    return f"{public_url.rstrip('/')}/{page}/{signed(link, mailbox, secret)}"


def with_links(
    body: str, html: str | None, to_choose: str, stops: str | None, to_stop: str | None
) -> tuple[str, str | None]:
    """Both forms of a mail with its links in the footer."""
    with speaking(language_of(html)):
        body, html = with_line(body, html, said("Kies welke mail u krijgt, en wanneer"), to_choose)
        if stops is not None and to_stop is not None:
            no_more = said("Geen mail meer over {kind}", kind=wording.mail_kind(stops))
            body, html = with_line(body, html, no_more, to_stop)
    return body, html


def with_how_to_reply(body: str, html: str | None) -> tuple[str, str | None]:
    """Both forms of a mail that may be replied to, with how to do so at the top."""
    with speaking(language_of(html)):
        return with_top(body, html, [said(ABOVE), said(HOW_TO_REPLY)])
