"""``genrepair replay``: do the repairs of a record again."""

from pathlib import Path
from typing import Annotated

import typer

from genrepair_desktop.cli.edge import DONE, SOME_FAILED
from genrepair_desktop.cli.options import OutOption, OverwriteOption
from genrepair_desktop.cli.output import check_pictures, say_result
from genrepair_desktop.cli.progress import say_note, say_notes, watched


def replay(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="The record that --record or an export wrote.")],
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo it was made from.")],
    output: OutOption,
    overwrite: OverwriteOption = False,
) -> int:
    """Do the repairs of a record again, to identical pixels; exit code 1 if they came out different."""
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.imaging.codecs import read_photo, write_photo
    from genrepair_desktop.repair.record import read_record, versions_at_work
    from genrepair_desktop.repair.record import replay as do_again

    check_pictures([output], overwrite=overwrite)
    recorded = read_record(record)
    opened = read_photo(photo)
    with watched(f"Replaying {record.name}", 0) as ctx:
        done = do_again(recorded, opened.pixels, ctx, model_loader("cpu"))
    say_notes(write_photo(output, done.pixels, opened.metadata, opened.source, overwrite=overwrite))
    say_result(output, done.changed, done.pixels)
    if done.is_identical:
        return DONE
    now = versions_at_work()
    others = [
        f"{name} {old} then, {now.get(name, 'none')} now"
        for name, old in recorded.versions.items()
        if now.get(name) != old
    ]
    say_note(f"The pixels differ from the recorded ones ({'; '.join(others) or 'another kind of processor'}).")
    return SOME_FAILED
