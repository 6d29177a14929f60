"""How the ledger begins: by itself in a new hub, and else only when the operator says so."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.store.ledger.keys import NotBegun

_FRESH = timedelta(days=1)
"""The sequencer numbers within a second: an exchange that waits so long had a number before."""
_LEFT = text(
    """
    SELECT EXISTS (SELECT FROM ledger_batch WHERE first_number IS NOT NULL)
           OR EXISTS (SELECT FROM ledger_tile) OR EXISTS (SELECT FROM ledger WHERE kind = 'ledger-key')
    """
)
# By what is hashed: a column may say anything.
_OLD = text(
    """
    SELECT EXISTS (
        SELECT FROM ledger, encode(record, 'escape') AS said
        WHERE position('"event"\\:null' IN said) = 0
          AND (substring(said, '"at":"([^"]*)"')::timestamptz >= :since) IS NOT TRUE
    )
    """
)


class PastChanged(HubError):
    """What the sequencer would go on from is not what was signed: nothing more is signed."""

    def __init__(self, wrong: str):
        super().__init__(
            f"Het grootboek gaat niet verder: {wrong}. Iemand heeft de database veranderd. "
            "'kernhub ledger verify' noemt wat; zet een reservekopie terug die klopt. Hebt u met opzet een "
            "oudere teruggezet? Zeg dat met 'kernhub ledger put-back'."
        )


class WrongBatches(PastChanged):
    """Batches that wait for a number are not what they should be: someone wrote beside the hub."""

    def __init__(self, batches: Collection[int]):
        which = ", ".join(map(str, sorted(batches)))
        HubError.__init__(
            self,
            f"Het grootboek gaat niet verder: wat nog geen nummer heeft, past niet bij zijn records: groep "
            f"{which}. Iemand schreef buiten de hub om in de database. Bekijk met 'kernhub ledger set-aside "
            f"{min(batches)}' wat er staat; daarmee zet u het ook apart, en dan gaat het grootboek verder.",
        )


class NotPutBack(HubError):
    """The ledger has not become shorter or another: there is nothing to accept."""

    def __init__(self) -> None:
        super().__init__(
            "Er is geen ouder grootboek teruggezet, voor zover deze machine weet: het gaat verder op wat zij "
            "als laatste ondertekende. Er is niets veranderd."
        )


class AlreadyBegun(HubError):
    """The ledger has a key or a signed head: it goes on from there."""

    def __init__(self) -> None:
        super().__init__(
            "Het grootboek is al begonnen: het heeft al een handtekening. Er is niets veranderd."
        )


async def has_tree(connection: AsyncConnection) -> bool:
    """Whether anything is left of a tree: a number, a key or a tile."""
    return bool(await connection.scalar(_LEFT))


async def must_have_no_tree(connection: AsyncConnection) -> None:
    """In a ledger without a head. Raises PastChanged when it had one."""
    if await has_tree(connection):
        raise PastChanged(
            "er is geen boomkop, en wel een nummer, een sleutel of een deel van de boom van vroeger"
        )


async def must_be_new(connection: AsyncConnection, now: datetime) -> None:
    """In a ledger without a head. Raises PastChanged when it had one, and NotBegun when exchanges are
    recorded of so long ago that it should have had one: who took heads and numbers away leaves it so."""
    await must_have_no_tree(connection)
    if await connection.scalar(_OLD, {"since": now - _FRESH}):
        raise NotBegun(
            "er is geen enkele boomkop, en wel een uitwisseling van meer dan een dag geleden. Zijn de "
            "boomkoppen weggehaald? Zet dan een reservekopie terug. Heeft de werker 'ledger' hier nog nooit "
            "gedraaid? Onderteken dan wat er staat, met 'kernhub ledger begin'"
        )
