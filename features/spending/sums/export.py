"""Exports spending as CSV: the table's sums, or the runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from django.db import models

from features.spending.sums.listing import figure_of, names_of
from features.spending.sums.question import By, Question
from features.spending.sums.report import filtered, rows_of
from features.spending.sums.totals import charges
from runs.results import csv_text

if TYPE_CHECKING:
    from decimal import Decimal

    from features.spending.sums.labels import Label
    from features.spending.visibility import Scope
    from runs.models import Charge

ROWS_AT_ONCE = 1000
RUN_COLUMNS = (
    "run",
    "started",
    "model",
    "endpoint_id",
    "person",
    "project",
    "door",
    "cost_usd",
    "figure",
    "estimate_usd",
    "billed_usd",
    "reported_usd",
    "unit_price_usd",
    "unit",
)


class Columns(models.TextChoices):
    """The contents of a line of the file."""

    SUMS = "", "the sums"
    RUNS = "runs", "the runs"

    @classmethod
    def named(cls, name: str) -> Columns:
        """Return the columns that an address names; by default the sums."""
        return cls(name) if name in cls.values else cls.SUMS


def lines(scope: Scope, question: Question, columns: Columns) -> Iterator[bytes]:
    """Yield a file in parts, without loading all runs at once."""
    if columns == Columns.SUMS:
        yield csv_text.write(_sum_header(question), _sum_lines(scope, question)).encode()
        return
    yield csv_text.write(RUN_COLUMNS, []).encode()
    matching = charges(scope.condition & filtered(question, scope), question.days)
    rows = matching.order_by("created_at", "pk").iterator(chunk_size=ROWS_AT_ONCE)
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        named_charges = zip(batch, names_of(scope, batch), strict=True)
        yield csv_text.lines(_run_line(charge, names) for charge, names in named_charges).encode()


def _sum_header(question: Question) -> tuple[str, ...]:
    return (
        "from",
        "to",
        question.by.value,
        f"{question.by.value}_key",
        "runs",
        "cost_usd",
        "of_it_reserved_usd",
        "runs_of_unknown_cost",
    )


def _sum_lines(scope: Scope, question: Question) -> Iterator[tuple[object, ...]]:
    for days, label, sums in rows_of(scope, question):
        yield (
            days.first,
            days.last,
            label.name,
            label.value,
            sums.runs,
            sums.exact,
            f"{sums.reserved:f}",
            sums.unknown,
        )


def _run_line(charge: Charge, labels: Mapping[By, Label]) -> tuple[object, ...]:
    return (
        charge.run_id,
        charge.created_at.isoformat(),
        labels[By.MODEL].name,
        labels[By.MODEL].value,
        labels[By.PERSON].name,
        labels[By.PROJECT].name,
        labels[By.DOOR].name,
        _plain(charge.amount),
        figure_of(charge),
        *map(_plain, (charge.expected, charge.billed, charge.reported, charge.unit_price)),
        charge.price_unit,
    )


def _plain(amount: Decimal | None) -> str:
    """Return a sum without an exponent; empty if there is none."""
    return "" if amount is None else f"{amount:f}"
