"""The tables. Migrations make them; a test keeps the two alike."""

from hub.store.tables.exchange import audience, claim, delivery, event, mail, outcome, resolution
from hub.store.tables.kinds import metadata, moment
from hub.store.tables.ledger import ledger, tree_head
from hub.store.tables.outlet import feed_token, outlet, planning, secret, unsent
from hub.store.tables.register import party_token, register_entry, register_version
from hub.store.tables.throttle import (
    answer,
    bundle,
    item,
    kept_answer,
    lapse,
    operator_lock,
    operator_policy,
    pressing,
    question_word,
    request,
    served,
    sheet,
    steering,
)
from hub.store.tables.work import clock, dead_letter, handled, outbox

__all__ = [
    "answer",
    "audience",
    "bundle",
    "claim",
    "clock",
    "dead_letter",
    "delivery",
    "event",
    "feed_token",
    "handled",
    "item",
    "kept_answer",
    "lapse",
    "ledger",
    "mail",
    "metadata",
    "moment",
    "operator_lock",
    "operator_policy",
    "outbox",
    "outcome",
    "outlet",
    "party_token",
    "planning",
    "pressing",
    "question_word",
    "register_entry",
    "register_version",
    "request",
    "resolution",
    "secret",
    "served",
    "sheet",
    "steering",
    "tree_head",
    "unsent",
]
