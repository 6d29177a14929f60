"""The ways out to systems: a folder in `connectors/`, and a line here."""

from collections.abc import Callable, Mapping

from connectors.topic import sending as topic
from connectors.webhook import sending as webhook
from hub.settings import Settings
from hub.ways_out import WayOut

WAYS_OUT: Mapping[str, Callable[[Settings], WayOut]] = {
    webhook.CHANNEL: webhook.Webhooks,
    topic.CHANNEL: topic.Topics,
}
