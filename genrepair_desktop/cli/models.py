"""``genrepair models``: which models are installed, what their cards say; add and remove other people's."""

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genrepair_desktop.cli.edge import DONE, SOME_FAILED
from genrepair_desktop.cli.options import JsonOption
from genrepair_desktop.cli.progress import say_note, stderr_console

if TYPE_CHECKING:
    from genrepair_desktop.registry.store import InstalledModel

app = typer.Typer(help="List the installed models; add and remove your own.")


@app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: JsonOption = False) -> int:
    """List the installed models; exit code 1 if the files of one are damaged."""
    if context.invoked_subcommand is not None:
        return DONE
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


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="A .safetensors, .pth, .ckpt or .pt file", show_default=False)],
    name: Annotated[str | None, typer.Option(help="What to call it: small letters, digits, hyphens")] = None,
    consent: Annotated[
        bool,
        typer.Option(
            "--consent",
            help="Add a TorchScript file, which is a program and can do anything on this computer: only if you trust "
            "where it came from",
        ),
    ] = False,
) -> int:
    """Add a model made by other people; it becomes a method of the same name.

    Fills, denoisers and other restorers, enlargers and face restorers of the kinds that spandrel knows. Weights
    are checked and kept in a form without code.
    """
    from genrepair_desktop.registry.added import ConsentNeededError, add_model
    from genrepair_desktop.repair.catalog import reserved_ids

    console = stderr_console()
    try:
        with console.status(f"Looking at {file.name}") if console.is_terminal else nullcontext():
            card = add_model(file, name=name, consent=consent, taken=reserved_ids())
    except ConsentNeededError as error:
        raise ConsentNeededError(f"{error} To add it, say --consent.") from error
    print(f"{card.id}: {card.summary}. Use it with: genrepair repair PHOTO --method {card.id}")
    return DONE


@app.command("use")
def use(run: Annotated[Path, typer.Argument(help="The folder of a training", show_default=False)]) -> int:
    """Use what a training made, in place of the model of the same name that came with the program."""
    from genrepair_desktop.lab.install import install

    card = install(run)
    print(f"{card.id}: the model of {run.name} is in use; `genrepair models remove {card.id}` goes back")
    return DONE


@app.command("remove")
def remove(model_id: Annotated[str, typer.Argument(help="A model of your own", show_default=False)]) -> int:
    """Remove a model that you added or trained; a shipped one of the same name is used again."""
    from genrepair_desktop.registry.added import remove_model

    is_back = remove_model(model_id)
    print(f"{model_id}: removed" + ("; the one that came with the program is in use again" if is_back else ""))
    return DONE


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
        "origin": _origin(model),
        "training": card.training,
        "folder": str(model.folder),
    }


def _origin(model: "InstalledModel") -> str:
    """Where a model comes from: ``shipped``, ``added`` by the user, or ``trained`` by the user."""
    from genrepair_desktop.paths import user_models_dir
    from genrepair_desktop.registry.added_load import is_added

    if is_added(model.card):
        return "added"
    return "trained" if model.folder.parent == user_models_dir() else "shipped"


def _print_table(found: "tuple[InstalledModel, ...]") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not found:
        console.print("No models are installed.")
        return
    table = Table("model", "kind", "from", "weights", "licence", "what it does", box=None, header_style="bold")
    for model in found:
        card = model.card
        origin = {"added": "you, added", "trained": "you, trained"}.get(_origin(model), "the program")
        table.add_row(card.id, card.kind, origin, f"{card.parameters / 1e6:.1f} M", card.licence, card.summary)
    console.print(table)
