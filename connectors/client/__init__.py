"""A client for systems of parties: what they publish waits on disk until the hub has it."""

from connectors.client.client import Client
from connectors.client.oauth import OAuth
from connectors.client.sending import HubUnavailable, Receipt, SendingRefused
from connectors.client.spool import Answered, NotSpooled, SpoolAway, SpoolBroken, SpoolFull

__all__ = [
    "Answered",
    "Client",
    "HubUnavailable",
    "NotSpooled",
    "OAuth",
    "Receipt",
    "SendingRefused",
    "SpoolAway",
    "SpoolBroken",
    "SpoolFull",
]
