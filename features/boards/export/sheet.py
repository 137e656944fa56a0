"""The contents of a contact sheet: a thumbnail of every result, with its differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.formatting import duration
from features.boards.export.contents import Contents, cost_of, mark_of, run_of, seconds_of
from features.boards.models import Cell, Row
from features.boards.votes.rankings import name_of
from runs.files.artifact_urls import artifact_url, thumbnail_url
from runs.models import Artifact


@dataclass(frozen=True)
class SheetCell:
    """One result: a small picture or a text, and two lines below it."""

    name: str
    facts: str
    picture: str  # its address; empty without a picture
    text: str
    stars: int
    is_winner: bool


@dataclass(frozen=True)
class SheetRow:
    """An input with its results in the order of the columns."""

    number: int
    label: str
    cells: list[SheetCell]


def sheet_rows(contents: Contents) -> list[SheetRow]:
    """Return the rows of a board's contact sheet."""
    return [
        SheetRow(number, row.label, [*_cells(contents, row)])
        for number, row in enumerate(contents.rows, start=1)
    ]


def _cells(contents: Contents, row: Row) -> Iterator[SheetCell]:
    of_row = contents.row_mark(row)
    for cell in contents.cells_of(row):
        mark = mark_of(cell)
        picture = _picture(cell)
        yield SheetCell(
            name=name_of(cell.column),
            facts=" · ".join(_facts(cell)),
            picture=thumbnail_url(picture, artifact_url(picture)) if picture else "",
            text="" if picture else _text(contents, cell),
            stars=mark.stars if mark else 0,
            is_winner=of_row is not None and of_row.winner_id == cell.column_id,
        )


def _picture(cell: Cell) -> Artifact | None:
    """Return the first file of the result that has a picture."""
    run = run_of(cell)
    files = run.artifacts.all() if run else []
    return next(
        (artifact for artifact in files if thumbnail_url(artifact, artifact_url(artifact))), None
    )


def _text(contents: Contents, cell: Cell) -> str:
    run = run_of(cell)
    if run is None:
        return cell.not_sent or "Not run"
    return contents.texts.get(run.pk) or run.state_word


def _facts(cell: Cell) -> Iterator[str]:
    if cell.seed:
        yield f"seed {cell.seed}"
    if (seconds := seconds_of(cell)) is not None:
        yield duration(seconds)
    if (cost := cost_of(cell)) and cost.amount:
        yield cost.label
    if (mark := mark_of(cell)) and mark.verdict:
        yield mark.get_verdict_display().lower()
