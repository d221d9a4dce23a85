"""The progress file of a training: JSON lines, appended and flushed, so that another process can follow it."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from genrepair_desktop.jobs.training_run import read_progress

__all__ = ["Listener", "ProgressFile", "read_progress"]

Listener = Callable[[dict[str, Any]], None]


class ProgressFile:
    """Writes events; each line is an object with ``event`` and the event's fields.

    Events: ``start`` (model, minutes, step), ``step`` (step, fraction, eta_s, images_per_s, wait_share, lr,
    losses), ``validation`` (step, score and figures), ``sheet`` (step, file), ``done`` or ``stopped`` (step, spent_s),
    ``comparison`` (old, new, is_better: see ``finetune``).
    """

    def __init__(
        self, path: Path, *, append: bool = False, silent: bool = False, listener: Listener | None = None
    ) -> None:
        """``listener`` is given every event too; ``silent``: nothing is written, nobody told."""
        self.silent = silent
        self._listener = listener
        self._file = None if silent else path.open("a" if append else "w", encoding="utf-8")

    def write(self, event: str, **fields: Any) -> None:
        """Append one event; numbers that are not finite become null, as JSON has none."""
        if self._file is None:
            return
        clean = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in fields.items()}
        self._file.write(json.dumps({"event": event, **clean}) + "\n")
        self._file.flush()
        if self._listener is not None:
            self._listener({"event": event, **clean})

    def __enter__(self) -> "ProgressFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
