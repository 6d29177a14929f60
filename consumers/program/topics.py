"""The commands `kernhub topic`."""

from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings

topic_app = DutchTyper(help="Topics op Kafka met wat een partij ontvangt.")
_Party = Annotated[str, typer.Argument(help="partij in het register, zoals gm0935 of enexis")]


@topic_app.command("set")
def set_topic(
    party: _Party,
    binary: Annotated[bool, typer.Option("--binary", help="CloudEvents in 'binary mode'")] = False,
) -> None:
    """Zet wat een partij vanaf nu ontvangt ook op een eigen topic, op volgorde per zaak.

    Wie het mag lezen: de gebruikers van 'kernhub party kafka open'."""
    from consumers.commands import topics

    finish(topics.set_topic(completed(own_settings()), party, "binary" if binary else "structured"))


@topic_app.command("list")
def list_topics() -> None:
    """Welke partijen hebben een topic, en hoe gaat het ermee?"""
    from consumers.commands import topics

    finish(topics.list_topics(completed(own_settings())))


@topic_app.command("remove")
def remove_topic(party: _Party) -> None:
    """Zet er niets meer op. Het topic zelf blijft staan."""
    from consumers.commands import topics

    finish(topics.remove_topic(completed(own_settings()), party))
