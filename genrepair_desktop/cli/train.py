"""``genrepair train``: hands its words to the lab, which reads them itself."""

import os
from pathlib import Path

import typer

# the lab names its recipes and takes several folders after one --photos, which Typer cannot say
FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
_LOG = "--log"


def train(context: typer.Context) -> int:
    """Train a model on your own photographs: RECIPE --photos DIR... -o DIR; --help tells all."""
    words = list(context.args)
    if _LOG in words[:-1]:
        place = words.index(_LOG)
        _write_to(Path(words[place + 1]))
        del words[place : place + 2]
    from genrepair_desktop.lab.train import main

    return main(words)


def _write_to(path: Path) -> None:
    """Send what is printed from here on to a file: a training that nobody waits for has no terminal."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)
