"""Take in one event of a program whose key was looked up a moment ago, without looking first: the statement
that claims the event confirms that the key is still there, and that no register is newer."""

import math

from hub.errors import DatabaseUnavailable, HubError
from hub.identity.programs import Presumed
from hub.intake.accepting import Intake
from hub.intake.judging import Answer, Candidate
from hub.intake.keeping import NoLongerSo, Wanted
from hub.intake.outcome import Outcome
from hub.register.kinds import HUB
from hub.rules.moments import dutch_day
from hub.rules.scopes import SAYING
from hub.store.intake.keeping import Shown
from schemas.strict_json import Read


async def accept_one(intake: Intake, presumed: Presumed, event: Read) -> Answer | None:
    """The answer for what is kept, or for what Kafka does not confirm. None: look first, as nothing was kept
    that this program may be told of."""
    try:
        now = await intake.clock.now()
    except HubError:
        return None
    party, scopes, token_hash = presumed
    register = intake.registers.seen(-math.inf, now)
    if register is None or party not in register.parties or party == HUB or scopes.isdisjoint(SAYING):
        return None
    one = intake.checks(party, scopes, register, dutch_day(now)).judge(event)
    # What goes on from an earlier request needs that to be here.
    if not isinstance(one, Candidate) or one.too_late or one.earlier:
        return None
    wanted = Wanted(one.key, one.digest, one.outgoing)
    try:
        kept = await intake.keeping.keep(party, [wanted], now, Shown(token_hash, register.version))
    except (NoLongerSo, DatabaseUnavailable):
        return None
    answer = intake.of_kept(one, kept)
    if answer.accepted:
        return intake.signed(answer, kept, now)
    return answer if answer.outcome is Outcome.UNAVAILABLE else None
