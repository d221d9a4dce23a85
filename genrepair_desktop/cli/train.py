"""``genrepair train``: hands its words to the lab, which reads them itself."""

import typer

# the lab names its recipes and takes several folders after one --photos, which Typer cannot say
FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def train(context: typer.Context) -> int:
    """Train a model on your own photographs: RECIPE --photos DIR... -o DIR; --help tells all."""
    from genrepair_desktop.lab.train import main

    return main(context.args)
