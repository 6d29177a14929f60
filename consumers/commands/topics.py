"""Delivery topics, as the administrator sees and changes them."""

from connectors.topic.sending import CHANNEL
from consumers.commands.outlets import NoOutlet, opened_hub
from consumers.say import tell
from hub.kafka.broker import delivery_topic
from hub.settings import Settings
from hub.store.deliveries import outlets
from hub.store.deliveries.outlets import OutletName
from hub.store.register.administering import ADMINISTRATOR

_NAME = "kafka"


async def set_topic(settings: Settings, party: str, mode: str) -> int:
    """Has what a party receives from now on written to a topic of its own. Raises UnknownParty."""
    called = OutletName(party, CHANNEL, _NAME)
    async with opened_hub(settings, party) as hub:
        await outlets.put_outlet(hub.connection, called, {"mode": mode}, [], hub.now, ADMINISTRATOR)
    tell(f"Wat {party} ontvangt, komt op topic {delivery_topic(settings, party)}.")
    return 0


async def list_topics(settings: Settings) -> int:
    """Tells of each delivery topic how it is doing."""
    async with opened_hub(settings) as hub:
        rows = await outlets.list_outlets(hub.connection, CHANNEL)
    for row in rows:
        state = "aan" if row.state == "active" else "gestopt" if row.state == "stopped" else "begint"
        tell(f"{row.party}: {delivery_topic(settings, row.party)}, {state}")
        if row.last_error:
            tell(f"  de laatste keer: {row.last_error}")
    if not rows:
        tell("Er zijn geen topics van partijen.")
    return 0


async def remove_topic(settings: Settings, party: str) -> int:
    """Writes nothing more to a party's topic. Raises NoOutlet."""
    async with opened_hub(settings, party) as hub:
        called = OutletName(party, CHANNEL, _NAME)
        if not await outlets.remove_outlet(hub.connection, called, hub.now, ADMINISTRATOR):
            raise NoOutlet(f"{party} heeft geen topic.")
    tell("Er komt niets meer op. Het topic zelf staat er nog.")
    return 0
