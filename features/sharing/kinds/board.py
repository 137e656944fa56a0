"""A share of a board: its rows and columns with their results, inputs and winners."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from features.boards.export.contents import contents_of, files_of, run_of
from features.boards.models import Board as Row
from features.boards.models import Cell
from features.library.selection import ResultKey
from features.sharing import items
from features.sharing.kinds.content import Curtain, Outcome, Outcomes, Setting
from features.sharing.kinds.kind import Document, DocumentKind, KeptKind
from features.sharing.models import Share
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model

    from features.sharing.access import Visit

NOT_RUN = "Not run."
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class ShownColumn:
    """A column: the name of its model or a letter, and its value along the axis."""

    number: int
    name: str
    label: str


@dataclass(frozen=True)
class ShownCell:
    """A result in its column; `key` is the cell's, and `seed` is empty if hidden."""

    key: int
    column: ShownColumn
    outcome: Outcome
    seed: str
    is_winner: bool
    row: int

    @property
    def alt(self) -> str:
        """Return the alternative text of the result."""
        return f"Row {self.row + 1}, {self.column.name}"

    @property
    def facts(self) -> str:
        """Return the seed and the price, if the share shows them."""
        seed = f"seed {self.seed}" if self.seed else ""
        return " · ".join(filter(None, (seed, self.outcome.cost)))


@dataclass(frozen=True)
class ShownRow:
    """An input with its results; `label` is empty if the share hides settings."""

    number: int
    label: str
    settings: list[Setting]
    cells: list[ShownCell]
    winner: ShownColumn | None

    @property
    def name(self) -> str:
        """Return the row's name without its label."""
        return f"Row {self.number + 1}"

    @property
    def others(self) -> list[Setting]:
        """Return the settings except the one that is the label."""
        return [setting for setting in self.settings if setting.text != self.label]


class Board(KeptKind[Row], DocumentKind[Row]):
    """The grid of a board, without its marks, votes and limits."""

    name, model = Share.Kind.BOARD, Row
    template = "features/sharing/kinds/_board.html"
    styles = ("css/lazy/share-kinds.css",)

    def title(self, row: Model) -> str:
        """Return the board's title, but not its key, which visitors must not see."""
        return str(getattr(row, "title", "")) or "A board"

    def document(self, row: Row, user: User) -> Document:
        """Return columns, rows and cells; places identify columns and rows."""
        contents = contents_of(row)
        places = {column.pk: place for place, column in enumerate(contents.columns)}
        return {
            "columns": [
                {
                    "model": [column.endpoint.endpoint_id, column.endpoint.name],
                    "label": column.label,
                }
                for column in contents.columns
            ],
            "rows": [
                {
                    "key": line.pk,
                    "label": line.label,
                    "values": line.values,
                    "winner": places.get(mark.winner_id or 0)
                    if (mark := contents.row_mark(line))
                    else None,
                    "cells": [
                        _cell(cell, places[cell.column_id]) for cell in contents.cells_of(line)
                    ],
                }
                for line in contents.rows
            ],
        }

    def result_keys(self, document: Document) -> Sequence[ResultKey]:
        """Return the files of all cells, row by row."""
        return [
            ResultKey(uuid.UUID(cell["run"]), position)
            for line in document["rows"]
            for cell in line["cells"]
            for position in cell["files"]
        ]

    def input_values(self, document: Document) -> Iterable[Any]:
        """Return the values of the rows."""
        return [line["values"] for line in document["rows"]]

    def votable(self, share: Share) -> tuple[Row, set[int]] | None:
        """Return the board, and the keys of cells whose results the share shows.

        None if the board is gone.
        """
        board = self.seen(share.user, share.source)
        document = self.document_of(share)
        if board is None or document is None:
            return None
        present_runs = {item_view.run.pk for item_view in items.items_of(share) if item_view.run}
        cells = [cell for line in document["rows"] for cell in line["cells"] if cell["files"]]
        return board, {cell["key"] for cell in cells if uuid.UUID(cell["run"]) in present_runs}

    def page_context(self, visit: Visit, document: Document) -> Mapping[str, Any]:
        """Return the rows as the share shows them, and the address for votes."""
        share = visit.share
        takes_votes = share.takes_votes and share.is_open
        grid = _Grid(share, document)
        return {
            "rows": grid.rows(),
            "standings": grid.standings(),
            "takes_opinions": share.is_open and share.takes_opinions,
            "vote_url": reverse("sharing:share-vote", args=[share.token]) if takes_votes else "",
        }


def _cell(cell: Cell, place: int) -> dict[str, Any]:
    run = run_of(cell)
    is_done = run is not None and run.state == Run.State.SUCCEEDED
    return {
        "key": cell.pk,
        "column": place,
        "seed": cell.seed,
        "run": str(run.pk) if run else "",
        "state": run.state if run else "",
        "is_over": run is None or run.is_final,
        "files": [artifact.position for artifact in files_of(cell)] or [0] if is_done else [],
    }


class _Grid:
    """Turns a board's document into the rows that visitors see."""

    def __init__(self, share: Share, document: Document) -> None:
        self.share, self.document = share, document
        models = [(*column["model"],) for column in document["columns"]]
        self.curtain, self.outcomes = Curtain(share, models), Outcomes(share)
        self.columns = [
            ShownColumn(
                place,
                column["model"][1] if share.shows_models else letter(place),
                self.curtain.visible_text(column["label"]),
            )
            for place, column in enumerate(document["columns"])
        ]

    def rows(self) -> list[ShownRow]:
        """Return the rows with their cells."""
        return [self._row(place, line) for place, line in enumerate(self.document["rows"])]

    def standings(self) -> list[tuple[ShownColumn, int]]:
        """Return the columns that won rows, with the number of these rows, most wins first."""
        winners = [line["winner"] for line in self.document["rows"]]
        won = Counter(winner for winner in winners if winner is not None)
        return [(self.columns[winner], number) for winner, number in won.most_common()]

    def _row(self, place: int, line: Mapping[str, Any]) -> ShownRow:
        winner = line["winner"]
        return ShownRow(
            place,
            self.curtain.visible_text(line["label"]),
            self.curtain.settings(line["values"]),
            [self._cell(place, cell, winner) for cell in line["cells"]],
            None if winner is None else self.columns[winner],
        )

    def _cell(self, row: int, cell: Mapping[str, Any], winner: int | None) -> ShownCell:
        if cell["files"]:
            outcome = self.outcomes.outcome_of(cell["run"], cell["files"])
        elif cell["run"]:
            outcome = self.outcomes.without_files(is_over=cell["is_over"], state=cell["state"])
        else:
            outcome = Outcome(words=NOT_RUN)
        seed = cell["seed"] if self.share.shows_settings else ""
        column = self.columns[cell["column"]]
        return ShownCell(cell["key"], column, outcome, seed, cell["column"] == winner, row)


def letter(place: int) -> str:
    """Return the name of a column whose model is hidden: A, B, … Z, AA."""
    before, place = divmod(place, len(LETTERS))
    return (letter(before - 1) if before else "") + LETTERS[place]
