"""``genrepair soak``: the window played at random, watched for faults and for what grows."""

import os
import subprocess
import sys
from typing import Annotated

import typer


def soak(
    minutes: Annotated[float, typer.Option("--minutes", metavar="N", min=0.1, help="How long to play.")] = 5.0,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Of the player's choices.")] = 0,
) -> int:
    """Play the real window at random (no screen needed) and fail on any fault, leak or lost thread."""
    # a process: the command line and the window do not import each other
    command = [sys.executable, "-m", "genrepair_desktop.app.soak"]
    # Python's own allocator would hide its objects from the count of bytes in use
    environment = os.environ | {"PYTHONMALLOC": "malloc"}
    return subprocess.call([*command, "--minutes", str(minutes), "--seed", str(seed)], env=environment)
