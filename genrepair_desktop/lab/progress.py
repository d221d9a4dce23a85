"""The progress file of a training: JSON lines, appended and flushed, so that another process can follow it."""

import json
import math
from pathlib import Path
from types import TracebackType
from typing import Any


class ProgressFile:
    """Writes events; each line is an object with ``event`` and the event's fields.

    Events: ``start`` (model, minutes, step), ``step`` (step, fraction, eta_s, images_per_s, wait_share, lr,
    losses), ``validation`` (step, score and figures), ``sheet`` (step, file), ``done`` or ``stopped`` (step, spent_s),
    ``comparison`` (old, new, is_better: see ``finetune``).
    """

    def __init__(self, path: Path, *, append: bool = False, silent: bool = False) -> None:
        self.silent = silent
        self._file = None if silent else path.open("a" if append else "w", encoding="utf-8")

    def write(self, event: str, **fields: Any) -> None:
        """Append one event; numbers that are not finite become null, as JSON has none."""
        if self._file is None:
            return
        clean = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in fields.items()}
        self._file.write(json.dumps({"event": event, **clean}) + "\n")
        self._file.flush()

    def __enter__(self) -> "ProgressFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def read_progress(path: Path, start: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The complete lines from byte ``start`` on, and where to go on reading. A missing file has none."""
    if not path.exists():
        return [], start
    with path.open("rb") as file:
        file.seek(start)
        data = file.read()
    end = data.rfind(b"\n") + 1
    return [json.loads(line) for line in data[:end].splitlines() if line.strip()], start + end
