"""The ways out to systems: a folder in `connectors/`, and a line here."""

from collections.abc import Mapping

from connectors.matrix import sending as matrix
from connectors.topic import sending as topic
from connectors.webhook import sending as webhook
from hub.outlets.channel import Channel, Wanted

_CHANNELS = (
    Channel(webhook.CHANNEL, webhook.Webhooks),
    Channel(topic.CHANNEL, topic.Topics),
    Channel(matrix.CHANNEL, matrix.Rooms, matrix.WantedRoom),
)
WAYS_OUT: Mapping[str, Channel] = {one.name: one for one in _CHANNELS}
WANTED: Mapping[str, type[Wanted]] = {one.name: one.wanted for one in _CHANNELS if one.wanted}
"""The channels over which a party sets systems of its own, and what it writes of them."""
