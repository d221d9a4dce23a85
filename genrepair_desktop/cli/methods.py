"""``genrepair methods``: every method and its parameters."""

import json
from typing import Any

from genrepair_desktop.cli.options import JsonOption


def methods(as_json: JsonOption = False) -> None:
    """List the repair methods with their parameters."""
    rows = describe_methods()
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    _print_table(rows)


def describe_methods() -> list[dict[str, Any]]:
    """Every method of the catalog as JSON values, in the catalog's order."""
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.repair.catalog import DEFAULT_METHOD, all_methods
    from genrepair_desktop.repair.params import as_values, field_infos

    loader = model_loader()
    rows = []
    for spec in all_methods().values():
        defaults = as_values(spec.params())
        rows.append(
            {
                "id": spec.id,
                "task": spec.task,
                "family": spec.family,
                "is_default": spec.id == DEFAULT_METHOD,
                "is_seeded": spec.is_seeded,
                "is_ready": spec.is_ready(loader),
                "models": list(spec.models),
                "params": [
                    {
                        "name": name,
                        "default": defaults[name],
                        "low": _finite(info.low),
                        "high": _finite(info.high),
                        "unit": info.unit,
                        "choices": list(info.choices),
                        "help": info.help,
                    }
                    for name, info in field_infos(spec.params).items()
                ],
            }
        )
    return rows


def _finite(bound: float) -> float | None:
    return None if bound in (float("inf"), float("-inf")) else bound


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("method", "does", "seeds", "parameters", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        params = [_param_words(param) for param in row["params"]]
        ready = "" if row["is_ready"] else " (its model is not installed)"
        name = row["id"] + (" (default)" if row["is_default"] else "") + ready
        table.add_row(name, row["task"], "yes" if row["is_seeded"] else "", "\n".join(params))
    Console(highlight=False).print(table)


def _param_words(param: dict[str, Any]) -> str:
    if param["choices"]:
        span = "|".join(param["choices"])
    elif isinstance(param["default"], bool):
        span = "yes|no"
    else:
        span = f"{param['low']:g}..{param['high']:g}" + (f" {param['unit']}" if param["unit"] else "")
    return f"{param['name']}={param['default']} ({span}): {param['help']}"
