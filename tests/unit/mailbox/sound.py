"""What holds for the text of any mail."""

import re

from connectors.mailbox.texts import MailText

_ONE_WORD = re.compile(r" *(\d+\. |[-:] |(\w+ ){0,2}\w+: +|(source|id) +)?\S+")


def too_wide(mail: MailText) -> list[str]:
    """The lines that a mail program would break, but for a long word with what stands before it."""
    return [
        line
        for line in mail.body.splitlines()
        if len(line) > 78 and not _ONE_WORD.fullmatch(line) and not line.startswith("   id     ")
    ]


def is_sound(mail: MailText) -> bool:
    """Whether the mail has a subject in one line, its label in both, and lines that fit."""
    return (
        mail.subject.splitlines() == [mail.subject]
        and mail.subject.startswith(f"[Kernhub] [TLP:{mail.tlp}] ")
        and mail.body.startswith(f"TLP:{mail.tlp} - ")
        and mail.body.endswith("LCMS.\n")
        and not too_wide(mail)
    )
