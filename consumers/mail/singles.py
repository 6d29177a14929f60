"""Mails of one event: what is planned to be mailed at once, and what its party wants at once.

What a party wants in its digest moves there; of a flood, what is too much waits to come together. Invitations
have places of their own: what is too much waits among what comes in the digest until there is a place, and of
each invitation only the newest version goes."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox import texts
from connectors.mailbox.calendar import as_calendar
from consumers.mail.made import keep_made, made_mail, or_broken
from consumers.mail.one_round import Round, withhold
from hub.rules import threading
from hub.rules.digesting import Urgency, urgency
from hub.rules.flooding import HOUR, TOGETHER, goes_alone
from hub.rules.handing import LAPSE
from hub.rules.identity import derived_key, event_key
from hub.rules.inviting import invitation
from hub.rules.policy import Mode
from hub.rules.wanting import Mailing, may_stop
from hub.store.database import transaction
from hub.store.deliveries import audiences
from hub.store.mail import digests, mails
from hub.store.mail.plans import plans_before
from hub.store.throttle import library
from hub.store.throttle.own_questions import own_questions
from schemas.catalogue import CATALOGUE, ByOperator, Event, Plan, parse
from schemas.library import AnswerDeposited
from schemas.question import QuestionAnswered

_AT_ONCE = 100
_NEED_MORE = {
    row.type
    for row in CATALOGUE
    if issubclass(row.model, Plan | QuestionAnswered | AnswerDeposited | ByOperator)
}
_TYPES = {row.short: row.type for row in CATALOGUE}


_SUPERSEDED = "superseded"
"""Why an invitation is not mailed when a newer version of it is there, which goes in its place."""


class _Mailed(NamedTuple):
    """How many single mails each party had in the last hour, and how many invitations beside."""

    single: Counter[str]
    inviting: Counter[str]

    def add(self, mail: mails.NewMail) -> None:
        (self.single if mail.calendar is None else self.inviting)[mail.party] += 1


async def _mailed(connection: AsyncConnection, parties: Collection[str], this: Round) -> _Mailed:
    since = this.now - HOUR
    single = await mails.mailed_since(connection, parties, since, "immediate")
    return _Mailed(single, await mails.mailed_since(connection, parties, since, "immediate", inviting=True))


class _Behind(NamedTuple):
    """What a mail needs of earlier events: the plans that an invitation came in place of, or what each party
    asked that is answered."""

    plans: Sequence[Plan] = ()
    asked: Mapping[str, Event] = MappingProxyType({})


class _Later(str):
    """The way of mailing that a delivery moves to."""


async def compose_immediate(
    pool: AsyncEngine,
    this: Round,
    *,
    urgent: bool = False,
    among: Collection[UUID] | None = None,
) -> int:
    """Composes some of what goes at once, or only what is urgent or `among` these; how many audiences it was
    for."""
    async with transaction(pool) as connection:
        claimed = await audiences.claim_immediate(connection, _AT_ONCE, urgent=urgent, among=among)
        parties = {party for one in claimed for party in one.parties}
        mailed = await _mailed(connection, parties, this)
        composed = []
        for audience in sorted(claimed, key=_urgency_of):
            moved: dict[str, list[str]] = {}
            behind = await _behind(connection, audience.row, audience.parties)
            for party in audience.parties:
                made = or_broken(partial(_mail, audience.row, party, this, mailed, behind))
                if isinstance(made, _Later):
                    moved.setdefault(made, []).append(party)
                elif isinstance(made, str):
                    await withhold(connection, audience.row, party, made, this.now)
                elif await audiences.settle(connection, audience.row, party, mail_key=made.mail_key):
                    composed.append(made)
                    mailed.add(made)
            for mode, some in moved.items():
                await audiences.move(connection, audience.row, some, mode)
        await audiences.close_audiences(connection, claimed)
        await keep_made(connection, composed, this.now)
        return len(claimed)


async def compose_sooner(pool: AsyncEngine, this: Round) -> None:
    """Composes what waits for a digest and its party wants at once."""
    pairs = [
        (party, _TYPES[short])
        for party, wanted in this.wanted.items()
        for short in wanted.at_once
        if short in _TYPES
    ]
    async with transaction(pool) as connection:
        waiting = await digests.digests_wanted_at_once(connection, pairs)
    for party, event_keys in waiting.items():
        async with transaction(pool) as connection:
            await _compose_of(connection, party, event_keys, this)


async def _compose_of(connection: AsyncConnection, party: str, event_keys: list[UUID], this: Round) -> None:
    await digests.lock_digests(connection, party)
    mailed = await _mailed(connection, [party], this)
    lapsed = await library.lapsed_among(connection, event_keys)
    composed = []
    due = await digests.digest_deliveries(connection, {party: event_keys}, this.contents)
    for row in due[party]:
        behind = await _behind(connection, row, [party])
        made = or_broken(partial(_mail, row, party, this, mailed, behind))
        if row.event_key in lapsed:
            made = "lapsed"
        if isinstance(made, _Later):
            if made == TOGETHER:
                await audiences.move(connection, row, [party], made)
        elif isinstance(made, str):
            await withhold(connection, row, party, made, this.now)
        elif await audiences.settle(connection, row, party, mail_key=made.mail_key):
            composed.append(made)
            mailed.add(made)
    await keep_made(connection, composed, this.now)


def _mail(row: Any, party: str, this: Round, mailed: _Mailed, behind: _Behind) -> mails.NewMail | str:
    """The mail of a delivery, or why it may not go out, or when it comes instead."""
    with this.speaking_to(party):
        return _mail_in_own_language(row, party, this, mailed, behind)


def _mail_in_own_language(
    row: Any, party: str, this: Round, mailed: _Mailed, behind: _Behind
) -> mails.NewMail | str:
    told = this.told(row, party)
    if isinstance(told, str):
        return told
    told = told._replace(asked=behind.asked.get(party))
    key = threading.mail_of(row.event_key, party)
    if row.channel == LAPSE:
        key, text = derived_key("lapse", row.event_key, party), texts.lapse(told, this.register)
        thread = threading.of_lapse(told.event, party)
        return made_mail(key, party, "immediate", text, this.register, this.now, thread)
    ties, how_urgent = {reason.relation for reason in told.reasons}, urgency(told.event)
    invited, calendar = invitation(told.event, behind.plans, party, ties), None
    if invited is not None:
        if row.marking is not None:
            return _SUPERSEDED
        if not goes_alone(Urgency.URGENT, mailed.inviting[party], this.most):
            return _Later(Mode.DIGEST)
        mailbox = this.register.parties[party].mailbox
        calendar = as_calendar(told, invited, mailbox, this.sender, this.register)
    else:
        how = this.how(party, Mode(row.mode), told)
        if how is Mailing.NOT:
            return audiences.STOPPED
        if how is Mailing.DIGEST:
            return _Later(Mode.DIGEST)
        if not goes_alone(how_urgent, mailed.single[party], this.most):
            return _Later(TOGETHER)
    return made_mail(
        key,
        party,
        "immediate",
        texts.immediate(told, this.register, invited),
        this.register,
        this.now,
        threading.of_event(told.event, party),
        may_stop(told.event.type, ties) if invited is None else None,
        urgent=how_urgent is Urgency.URGENT,
        calendar=calendar,
    )


async def _behind(connection: AsyncConnection, row: Any, parties: Collection[str]) -> _Behind:
    event = or_broken(partial(parse, row.content)) if row.content["type"] in _NEED_MORE else None
    if isinstance(event, Plan):
        return _Behind(await plans_before(connection, event))
    if isinstance(event, QuestionAnswered | AnswerDeposited | ByOperator):
        named = getattr(event.data, "question", None) or getattr(event.data, "request", None)
        key = event_key(named.source, named.id) if named else None
        found = await own_questions(connection, row.event_key, key, row.publisher, parties)
        asked = {party: or_broken(partial(parse, content)) for party, content in found.items()}
        return _Behind(asked={party: one for party, one in asked.items() if not isinstance(one, str)})
    return _Behind()


def _urgency_of(audience: audiences.Audience) -> Urgency:
    found = or_broken(lambda: urgency(parse(audience.row.content)))
    return Urgency.USUAL if isinstance(found, str) else found
