"""What holds for the text of any mail."""

import re
from html.parser import HTMLParser
from itertools import pairwise

from connectors.mailbox.texts import MailText

_ONE_WORD = re.compile(r" *(\d+\. |[-:] |(\w+ ){0,2}\w+: +|(source|id) +)?\S+")


def too_wide(mail: MailText) -> list[str]:
    """The lines that a mail program would break, but for a long word with what stands before it."""
    return [
        line
        for line in mail.body.splitlines()
        if len(line) > 78 and not _ONE_WORD.fullmatch(line) and not line.startswith("   id     ")
    ]


class _Shown(HTMLParser):
    """What a reader sees of HTML; asks that every element is closed, and that nothing is fetched or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert tag not in {"script", "img", "iframe", "form", "link", "style", "object"}
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name == "src"]
        assert tag != "html" or given["lang"] in ("nl", "en")
        assert tag != "table" or given["role"] == "presentation"
        assert tag != "a" or (given["href"] or "").startswith("https://")

    def handle_data(self, data: str) -> None:
        self.words += data.split()


_ONLY_IN_TEXT = re.compile(r"^([-]+|Bekijk.*|Lees|meer:|Functie:|http\S+)$")


def left_out(mail: MailText) -> set[str]:
    """The words of the plain text that its HTML lacks."""
    shown = _Shown(mail.html)
    assert shown.tags.count("h1") == 1
    levels = [int(tag[1]) for tag in shown.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), "no heading is left out"
    said = {re.sub(r"\W", "", word).casefold() for word in shown.words}
    told = [word for word in mail.body.split() if not _ONLY_IN_TEXT.fullmatch(word)]
    return {bare for word in told if (bare := re.sub(r"\W", "", word).casefold()) and bare not in said}


def is_sound(mail: MailText) -> bool:
    """Whether the mail has a subject in one line, its label in both, lines that fit, and an HTML
    form that says as much."""
    return (
        mail.subject.splitlines() == [mail.subject]
        and mail.subject.startswith(f"[Kernhub] [TLP:{mail.tlp}] ")
        and mail.body.startswith(f"TLP:{mail.tlp} - ")
        and mail.body.endswith("LCMS.\n")
        and not too_wide(mail)
        and not left_out(mail)
    )
