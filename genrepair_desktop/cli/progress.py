"""Progress on a terminal. Standard output stays clean for results; a file or a pipe gets no bar at all."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from genrepair_desktop.jobs.context import RunContext


def stderr_console() -> Console:
    """Where progress and notes go."""
    return Console(stderr=True, highlight=False)


@contextmanager
def watched(title: str, seed: int) -> Iterator["RunContext"]:
    """A context for one piece of work that shows a bar while it runs."""
    from genrepair_desktop.jobs.context import RunContext

    console = stderr_console()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(title, total=1.0)
        yield RunContext(seed, on_progress=lambda fraction, _stage: progress.update(bar, completed=fraction))


def say_note(text: str) -> None:
    """A line on standard error about something that is no failure."""
    stderr_console().print(f"genrepair: {text}", markup=False, soft_wrap=True)


def say_notes(notices: Iterable[str]) -> None:
    """``say_note`` for each."""
    for notice in notices:
        say_note(notice)


@contextmanager
def counted(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar over ``total`` things; the given function moves it by one."""
    console = stderr_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(title, total=total)
        yield lambda: progress.advance(bar)
