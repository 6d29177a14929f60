"""The main job: a whole hub on this machine plays a scenario, and tells what came of it."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from consumers.local import lock
from consumers.local.processes import Processes
from consumers.local.running import announced
from consumers.local.services import local_services
from consumers.play.player import Player, Refusal, claim_database, give_tokens
from consumers.play.report import print_report
from consumers.play.scenario import Scene, Step, read_scenario, steps
from consumers.play.summary import Outcome, get_outcome, losses, received_mails
from consumers.say import tell
from consumers.up import keep_running, workers_running
from consumers.workers import prepare_store
from hub.kafka.broker import ensure_topics
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, snapshot
from hub.store.register.registers import Registers
from hub.words import wording


def settings_of_exercise(settings: Settings) -> Settings:
    """These settings for an exercise: a folder and topics of its own, and the clock of the scenario."""
    chosen: dict[str, object] = {"clock": "scenario", "topic_prefix": f"{settings.topic_prefix}.exercise"}
    if "var" not in settings.model_fields_set:
        chosen["var"] = Path("var/play")
    if "pages" not in settings.model_fields_set:
        chosen["pages"] = "local"
    return settings.model_copy(update=chosen)


def forget(var: Path) -> None:
    """Removes all that an earlier exercise left in its folder. Raises LocalServiceError while one runs."""
    if var.exists():
        with lock.only_hub(var):
            tell(f"Alles van de vorige keer in {var} wordt weggegooid …")
            for entry in var.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
                elif not entry.name.startswith("lock"):
                    entry.unlink()


async def exercise(settings: Settings, folder: Path, console: Console, *, once: bool) -> int:
    """Plays the scenario in `folder` and prints its report; exit code 0, or 1 when anything was lost. Unless
    `once`, the pages can then be looked at until the work is cancelled. Raises HubError."""
    scenes = read_scenario(folder)
    console.print(
        f"Oefening {folder.name}: {len(scenes)} gebeurtenissen, van {wording.day(scenes[0].at.date())} tot "
        f"en met {wording.day(scenes[-1].at.date())}. De namen zijn echt, de bevindingen verzonnen."
    )

    processes = Processes()
    async with local_services(settings, processes, tell) as known:
        await _prepare(known, scenes)
        async with workers_running(known, processes, tell) as running:
            with announced(running, settings, known):
                watching = asyncio.create_task(keep_running(running, processes, tell))
                playing = asyncio.create_task(_play(running, scenes, console))
                try:
                    await asyncio.wait((watching, playing), return_when=asyncio.FIRST_COMPLETED)
                    if not playing.done():
                        await watching
                    lost = await playing
                    if not once:
                        tell(f"Bekijk alles op {running.public_url}  (stoppen: Ctrl-C)")
                        await watching
                finally:
                    for task in (watching, playing):
                        task.cancel()
                    await asyncio.gather(watching, playing, return_exceptions=True)
    return 1 if lost else 0


async def _prepare(settings: Settings, scenes: Sequence[Scene]) -> None:
    await prepare_store(settings)
    async with opened(settings) as pool:
        await ensure_topics(settings)
        await claim_database(pool, scenes)


async def _play(settings: Settings, scenes: Sequence[Scene], console: Console) -> list[str]:
    async with opened(settings) as pool:
        register = await Registers(pool, clock_of(settings, pool)).newest()
        tokens = await give_tokens(pool, scenes, register)
        refusals = await _with_progress(Player(settings, pool, tokens), steps(scenes), console)
        async with snapshot(pool) as connection:
            outcome = await get_outcome(connection, settings, register)
    return _report(settings, scenes, refusals, outcome, console)


async def _with_progress(player: Player, story: Sequence[Step], console: Console) -> list[Refusal]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(story))
        week = None

        def told(step: Step) -> None:
            nonlocal week
            day = step.at.date()
            progress.update(task, advance=1, description=f"Het is {wording.day(day)}")
            if not console.is_terminal and day.isocalendar().week != week:
                week = day.isocalendar().week
                console.print(f"Het is {wording.day(day)} …")

        return await player.play(story, told)


def _report(
    settings: Settings,
    scenes: Sequence[Scene],
    refusals: Sequence[Refusal],
    outcome: Outcome,
    console: Console,
) -> list[str]:
    refused = [f"{refusal.scene.attributes['id']}: {refusal.why}" for refusal in refusals]
    received = received_mails(settings.maildir) if settings.maildir else None
    lost = losses({scene.key for scene in scenes}, refused, outcome, received)
    print_report(console, outcome, len({scene.source for scene in scenes}), lost)
    if settings.maildir:
        console.print(f"Alle berichten staan ook als bestand in {settings.maildir}", markup=False)
    return lost
