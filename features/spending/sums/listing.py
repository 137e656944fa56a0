"""The runs behind the sums, page by page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F

from core.http.parameters import MAX_PAGE
from features.spending.sums import labels
from features.spending.sums.labels import Label
from features.spending.sums.question import By, Question
from features.spending.sums.report import filtered
from features.spending.sums.totals import charges
from features.spending.visibility import Scope
from playground.display.history import pictures_of
from runs.models import Charge, Run
from runs.models.ledger import SumState

PER_PAGE = 50


class Order(models.TextChoices):
    """The order of the runs."""

    NEWEST = "", "Newest first"
    DEAREST = "dearest", "Most expensive first"

    @classmethod
    def named(cls, name: str) -> Order:
        """Return the order that an address names; by default the newest first."""
        return cls(name) if name in cls.values else cls.NEWEST

    @property
    def columns(self) -> tuple[Any, ...]:
        """Return the columns of the order."""
        if self == Order.DEAREST:
            return F("amount").desc(nulls_last=True), "-pk"
        return "-created_at", "-pk"


class Entry(NamedTuple):
    """One run: its cost, the kind of that figure, and its page if the user may open it."""

    charge: Charge
    model: Label
    person: Label
    project: Label
    door: Label
    title: str
    address: str
    figure: str
    picture: str


@dataclass(frozen=True)
class Page:
    """A page of runs, and the numbers of the previous and next pages, if any."""

    entries: Sequence[Entry]
    before: int | None
    after: int | None


def page_of_runs(scope: Scope, question: Question, order: Order, number: int) -> Page:
    """Return a page of the runs; a bounded number of queries."""
    matching = charges(scope.condition & filtered(question, scope), question.days)
    start = (number - 1) * PER_PAGE
    rows = list(matching.order_by(*order.columns)[start : start + PER_PAGE + 1])
    page_rows = rows[:PER_PAGE]
    has_more = len(rows) > PER_PAGE and number < MAX_PAGE
    return Page(_entries(scope, page_rows), number - 1 or None, number + 1 if has_more else None)


def figure_of(charge: Charge) -> str:
    """Return the kind of a charge's figure, in words."""
    if charge.amount is None:
        return "not known"
    if charge.state == SumState.RESERVED:
        return "reserved"
    if charge.reported is not None:
        return "billed by fal"
    return "units × price" if charge.billed is not None else "estimate"


def names_of(scope: Scope, rows: Sequence[Charge]) -> list[dict[By, Label]]:
    """Return the labels of each charge; one query per kind of label."""
    columns = {By.MODEL: "endpoint_id", By.PROJECT: "project_id", By.PERSON: "user_id"}
    labels_by_column = {
        by: labels.labels(by, {getattr(row, column) for row in rows}, scope)
        for by, column in columns.items()
    }
    doors = labels.labels(By.DOOR, {row.door for row in rows}, scope)
    return [
        {by: labels_by_column[by][getattr(row, column)] for by, column in columns.items()}
        | {By.DOOR: doors[row.door]}
        for row in rows
    ]


def _entries(scope: Scope, rows: Sequence[Charge]) -> list[Entry]:
    keys = [row.run_id for row in rows if row.run_id is not None]
    titles = _titles(scope, keys)
    pictures: Mapping[Any, list[str]] = pictures_of(scope.user, keys)
    return [
        Entry(
            row,
            run_labels[By.MODEL],
            run_labels[By.PERSON],
            run_labels[By.PROJECT],
            run_labels[By.DOOR],
            *titles.get(row.run_id, ("", "")),
            figure_of(row),
            *pictures.get(row.run_id, [""]),
        )
        for row, run_labels in zip(rows, names_of(scope, rows), strict=True)
    ]


def _titles(scope: Scope, keys: Sequence[uuid.UUID]) -> dict[uuid.UUID | None, tuple[str, str]]:
    """Return title and address of those runs that the user may open."""
    runs = Run.objects.visible_to(scope.user).filter(pk__in=keys).with_title()
    return {run.pk: (run.title or "Run", run.get_absolute_url()) for run in runs.order_by()}
