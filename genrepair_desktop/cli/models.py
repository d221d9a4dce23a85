"""``genrepair models``: which models are installed, and what their cards say."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from genrepair_desktop.cli.edge import DONE, SOME_FAILED
from genrepair_desktop.cli.options import JsonOption
from genrepair_desktop.cli.progress import say_note

if TYPE_CHECKING:
    from genrepair_desktop.registry.store import InstalledModel


def models(as_json: JsonOption = False) -> int:
    """List the installed models; exit code 1 if the files of one are damaged."""
    from genrepair_desktop.registry.store import ModelStore

    store = ModelStore.installed()
    if as_json:
        print(json.dumps([_values(model, is_ready=store.has(model.card.id)) for model in store.models()], indent=1))
    else:
        _print_table(store.models())
    for broken in store.broken():
        say_note(broken.reason)
    incomplete = [model.card.id for model in store.models() if not store.has(model.card.id)]
    for model_id in incomplete:
        say_note(f"The weights of {model_id} are not those of its card: install it again.")
    return SOME_FAILED if incomplete or store.broken() else DONE


def _values(model: "InstalledModel", *, is_ready: bool) -> dict[str, Any]:
    card = model.card
    return {
        "id": card.id,
        "kind": card.kind,
        "summary": card.summary,
        "is_ready": is_ready,
        "parameters": card.parameters,
        "bytes": card.weights.bytes,
        "sha256": card.weights.sha256,
        "licence": card.licence,
        "limits": list(card.limits),
        "scores": [asdict(score) for score in card.scores],
        "folder": str(model.folder),
    }


def _print_table(found: "tuple[InstalledModel, ...]") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not found:
        console.print("No models are installed.")
        return
    table = Table("model", "kind", "weights", "licence", "what it does", box=None, header_style="bold")
    for model in found:
        card = model.card
        table.add_row(card.id, card.kind, f"{card.parameters / 1e6:.1f} M", card.licence, card.summary)
    console.print(table)
