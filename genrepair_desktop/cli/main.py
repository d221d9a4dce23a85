"""The command ``genrepair``: its commands by name, and the choice between a command and a photo to open.

Nothing heavy is imported here or by the modules it names: ``genrepair --help`` answers at once.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from genrepair_desktop import __version__
from genrepair_desktop.cli import (
    batch,
    bench,
    carry,
    damage,
    detect,
    evaluate,
    fuse,
    generate,
    merge,
    methods,
    models,
    race,
    repair,
    replay,
    soak,
    train,
    walk,
    window,
)
from genrepair_desktop.cli import map as map_command
from genrepair_desktop.cli.edge import run_command

app = typer.Typer(
    add_completion=True,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Repair damaged photographs on your own machine. `genrepair PHOTO` opens the window; the commands "
    "below do the same work without one.",
)

_COMMANDS = {
    "open": window.open_photo,
    "demo": window.demo,
    "repair": repair.repair,
    "merge": merge.merge,
    "carry": carry.carry,
    "batch": batch.batch,
    "detect": detect.detect,
    "methods": methods.methods,
    "race": race.race,
    "replay": replay.replay,
    "sample": generate.sample,
    "encode": generate.encode,
    "map": map_command.map_latents,
    "walk": walk.walk,
    "fuse": fuse.fuse,
    "damage": damage.damage,
    "bench": bench.bench,
    "soak": soak.soak,
}
_GROUPS = {"evaluate": evaluate.app, "models": models.app}
_FORWARDED = {"train": train.train}
for _name, _function in _COMMANDS.items():
    app.command(_name)(_function)
for _name, _function in _FORWARDED.items():
    app.command(_name, context_settings=train.FORWARDED)(_function)
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        print(f"genrepair {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that belong to no command."""


def with_command(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``open`` put in where they name a photo, or nothing, instead of a command."""
    if not arguments:
        return ["open"]
    first = arguments[0]
    is_command = first in {*_COMMANDS, *_GROUPS, *_FORWARDED}
    if is_command or (first.startswith("-") and first != "--"):
        return list(arguments)
    looks_like_file = first == "--" or Path(first).exists() or bool(Path(first).suffix) or "/" in first
    return ["open", *arguments] if looks_like_file else list(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``genrepair`` with these arguments (those of the shell by default) and return the exit code."""
    given = with_command(sys.argv[1:] if arguments is None else arguments)
    command = typer.main.get_command(app)
    return run_command(lambda: command.main(given, prog_name="genrepair", standalone_mode=False))
