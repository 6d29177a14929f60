"""The names of the workers."""

from enum import StrEnum


class WorkerName(StrEnum):
    """The workers; each may run alone and in numbers."""

    HTTP = "http"
    ROUTER = "router"
    THROTTLE = "throttle"
    MAILER = "mailer"
    LEDGER = "ledger"
    OUTBOX = "outbox"
    OUTLETS = "outlets"
    INTAKE = "intake"
    INBOUND = "inbound"
