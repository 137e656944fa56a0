"""Marks of cells and rows: stars, pass or fail, a note, tags; a row's winner."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from django.db import transaction

from fal.db_safe import db_safe_text
from features.boards import for_record
from features.boards.models import Cell, Mark, Row, RowMark
from features.boards.models.vote import MAX_STARS, NOTE_CHARS, TAG_CHARS
from runs.records import counting

MAX_TAGS = 20


def read_tags(text: str) -> list[str]:
    """Return the tags in a text, separated by commas, semicolons or line breaks; no duplicates."""
    tags: dict[str, str] = {}
    for part in re.split(r"[,;\n]", db_safe_text(text)):
        tag = " ".join(part.split())[:TAG_CHARS].strip()
        if tag:
            tags.setdefault(tag.casefold(), tag)
    return [*tags.values()][:MAX_TAGS]


def mark_cell(cell: Cell, posted: Mapping[str, str]) -> Mark:
    """Save a cell's posted `stars`, `verdict`, `note` and `tags`; absent ones stay unchanged."""
    mark = getattr(cell, "mark", None) or Mark(cell=cell)
    stars, verdict = posted.get("stars", ""), posted.get("verdict")
    if stars in {str(number) for number in range(MAX_STARS + 1)}:
        mark.stars = int(stars)
    if verdict in {"", *Mark.Verdict.values}:
        mark.verdict = verdict
    if "note" in posted:
        mark.note = db_safe_text(posted["note"]).strip()[:NOTE_CHARS]
    if "tags" in posted:
        mark.tags = read_tags(posted["tags"])
    values = {"stars": mark.stars, "verdict": mark.verdict, "note": mark.note, "tags": mark.tags}
    saved_mark, _ = Mark.objects.update_or_create(cell=cell, defaults=values)
    return saved_mark


@transaction.atomic
def mark_row(row: Row, posted: Mapping[str, str], met: Collection[int] = ()) -> RowMark:
    """Save a row's posted `winner` (a column's position, or empty) and `tags`; absent ones stay.

    `met` are the keys of the cells that the winner was chosen among; they add up, because a new
    winner has beaten the one before it.
    """
    mark, _ = RowMark.objects.get_or_create(row=row)
    winner = posted.get("winner")
    if winner == "":
        mark.winner, mark.met = None, []
    elif winner and winner.isdecimal():
        mark.winner = row.board.columns.filter(position=int(winner[:6])).first() or mark.winner
        mark.met = sorted({*mark.met, *met})
    if "tags" in posted:
        mark.tags = read_tags(posted["tags"])
    mark.save()
    for_record.touch(row.cells.all())
    if mark.winner:  # whoever picks one has seen the others
        shown = row.cells.filter(replaced_at=None, run__isnull=False)
        counting.judge(shown.values_list("run_id", flat=True))
    return mark
