"""When are mails too many to come one by one? Then what more there is comes together, in one that says so."""

from datetime import datetime, timedelta

from hub.rules.digesting import Urgency

TOGETHER = "together"
"""How these are mailed, in the words of the store."""
HOUR = timedelta(hours=1)
GATHERING = timedelta(minutes=10)
"""How long what comes together is gathered first; with something urgent in it, also how soon the next such
mail may follow."""


def goes_alone(how_urgent: Urgency, mailed: int, most: int) -> bool:
    """Whether an event gets a mail of its own in a mailbox that had so many in the hour before, where `most`
    are usual. What is urgent has as many places again, that nothing else takes."""
    return mailed < (2 * most if how_urgent is Urgency.URGENT else most)


def may_be_due(last: datetime | None, now: datetime) -> bool:
    """Whether a mailbox whose last mail of what came together was made then may have one now, however urgent
    what waits is."""
    return last is None or now - last >= GATHERING


def together_due(since: datetime, how_urgent: Urgency, last: datetime | None, now: datetime) -> bool:
    """Whether the mail of all that waits together leaves now. `since`: the oldest of what waits was planned;
    `how_urgent`: the most urgent of it; `last`: when the mailbox had such a mail before."""
    rest = GATHERING if how_urgent is Urgency.URGENT else HOUR
    return now - since >= GATHERING and (last is None or now - last >= rest)
