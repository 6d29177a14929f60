"""The page that `--help` shows, in Dutch."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

_Called = TypeVar("_Called", bound=Callable[..., Any])


class _Command(TyperCommand):
    def format_usage(self, ctx: Any, formatter: Any) -> None:
        _write_usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_words(self, ctx, formatter)


class _Group(TyperGroup):
    otherwise: ClassVar[str | None] = None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if self.otherwise and args[0] not in self.commands:
            args = [self.otherwise, *args]
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        _write_usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_words(self, ctx, formatter)
        named = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        room = formatter.width - 6 - max(len(name) for name, _ in named)
        with formatter.section("Commando's"):
            formatter.write_dl([(name, one.get_short_help_str(room)) for name, one in named if one])


class DutchTyper(typer.Typer):
    """Commands with help in Dutch; called without a command, it shows that. `otherwise` is the command of
    which the name may be left out."""

    def __init__(self, *, otherwise: str | None = None, **settings: Any):
        super().__init__(
            cls=type("_Group", (_Group,), {"otherwise": otherwise}),
            options_metavar="[OPTIES]",
            subcommand_metavar="COMMANDO ...",
            callback=_show_help_if_bare,
            invoke_without_command=True,
            rich_markup_mode=None,
            **settings,
        )

    def command(self, *names: Any, **settings: Any) -> Callable[[_Called], _Called]:
        """Adds a command."""
        return super().command(*names, cls=_Command, options_metavar="[OPTIES]", **settings)


def _show_help_if_bare(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)


def _write_usage(command: TyperCommand | TyperGroup, ctx: Any, formatter: Any) -> None:
    formatter.write_usage(ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), prefix="Gebruik: ")


def _write_words(command: TyperCommand | TyperGroup, ctx: Any, formatter: Any) -> None:
    sections: dict[str, list[tuple[str, str]]] = {"Argumenten": [], "Opties": []}
    for one in command.get_params(ctx):
        names = ", ".join(one.opts)
        if not isinstance(one, TyperOption):
            sections["Argumenten"].append((names, _told(one)))
        elif names == "--help":
            sections["Opties"].append((names, "laat deze uitleg zien"))
        else:
            sections["Opties"].append((names if one.is_flag else f"{names} WAARDE", _told(one)))
    for title, rows in sections.items():
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def _told(one: Any) -> str:
    more = [f"ook als {one.envvar} in de omgeving"] if one.envvar else []
    if one.required:
        more.append("verplicht")
    elif one.default and one.default is not True:
        more.append(f"anders {one.default}")
    return f"{one.help} [{'; '.join(more)}]" if more else str(one.help)
