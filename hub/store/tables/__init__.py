"""The tables. Migrations make them; a test keeps the two alike."""

from hub.store.tables.access import client, client_secret, kafka_account, party_token, used_assertion
from hub.store.tables.bundles import bundle_item, reminded, reminder, renewal
from hub.store.tables.exchange import (
    audience,
    claim,
    delivery,
    event,
    mail,
    mail_preference,
    outcome,
    removal,
    resolution,
)
from hub.store.tables.inbound import mail_in
from hub.store.tables.kinds import metadata, moment
from hub.store.tables.ledger import ledger, ledger_batch, ledger_tile, tree_head
from hub.store.tables.outlet import feed_token, outlet, planning, pulled, secret, unsent
from hub.store.tables.register import register_entry, register_version
from hub.store.tables.sessions import session, sign_in, upload
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
    "bundle_item",
    "claim",
    "client",
    "client_secret",
    "clock",
    "dead_letter",
    "delivery",
    "event",
    "feed_token",
    "handled",
    "item",
    "kafka_account",
    "kept_answer",
    "lapse",
    "ledger",
    "ledger_batch",
    "ledger_tile",
    "mail",
    "mail_in",
    "mail_preference",
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
    "pulled",
    "question_word",
    "register_entry",
    "register_version",
    "reminded",
    "reminder",
    "removal",
    "renewal",
    "request",
    "resolution",
    "secret",
    "served",
    "session",
    "sheet",
    "sign_in",
    "steering",
    "tree_head",
    "unsent",
    "upload",
    "used_assertion",
]
