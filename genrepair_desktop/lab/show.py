"""A training on a terminal: how far it is, pictures a second, the loss, and the time left."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from genrepair_desktop.jobs.training_run import losses_of
from genrepair_desktop.lab.progress import Listener

_COLUMNS = ("rate", "loss", "score", "left")


@contextmanager
def shown_progress(title: str, *, is_wanted: bool) -> Iterator[Listener | None]:
    """A listener that draws a bar on standard error; None where that is no terminal or nobody wants it."""
    console = Console(stderr=True, highlight=False)
    if not (is_wanted and console.is_terminal):
        yield None
        return
    texts = [TextColumn(f"{{task.fields[{name}]}}") for name in _COLUMNS]
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), *texts)
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(title, total=1.0, **dict.fromkeys(_COLUMNS, ""))

        def listen(event: dict[str, Any]) -> None:
            progress.update(bar, **_fields(event))

        yield listen


def _fields(event: dict[str, Any]) -> dict[str, Any]:
    """What one event changes on the line."""
    kind = event.get("event")
    if kind == "preparing":
        return {"completed": event["fraction"], "left": "finding faces"}
    if kind == "step":
        losses = ", ".join(f"{name} {value:.4g}" for name, value in list(losses_of(event).items())[:2])
        eta = event.get("eta_s")
        return {
            "completed": min(1.0, event["fraction"]),
            "rate": f"{event['images_per_s']:.0f} pictures/s",
            "loss": losses,
            "left": "" if eta is None else f"{eta // 60}:{eta % 60:02d} left",
        }
    if kind == "validation" and event.get("score") is not None:
        return {"score": f"score {event['score']:.3f}"}
    if kind == "done":
        return {"completed": 1.0, "left": "done"}
    return {"left": "stopped"} if kind == "stopped" else {}
