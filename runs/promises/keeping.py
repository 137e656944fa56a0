"""What apps keep of runs: files in use, reasons to keep, and what moves or gets another owner."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from runs.promises.registry import RunOwner, registered

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from projects.models import InProject, InProjectQuerySet
    from runs.promises.dependants import Dependants


class JsonColumn(NamedTuple):
    """A JSON column of some rows that may contain addresses of uploads and results."""

    rows: QuerySet[Any]
    column: str


class UserRelation(NamedTuple):
    """A model whose rows belong to a user through the relation `field`; `label` names them."""

    label: str
    model: type[Model]
    field: str = "user"


# Keys of rows in projects, by model.
SelectedRows = Mapping[type["InProject"], set[Any]]


class Keeps(RunOwner):
    """What an app keeps of runs."""

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return columns that may name uploads and results as inputs; named files are kept."""
        return ()

    def uploads_in_use(self) -> Collection[uuid.UUID]:
        """Return the uploads that rows of the app hold by a key; they are kept."""
        return ()

    def opened_files(self, user_id: int) -> Sequence[JsonColumn]:
        """Return columns of a user's rows that others see: everybody may read the named files."""
        return ()

    def held_bytes(self, user_id: int) -> int:
        """Return the bytes that count towards the user's quota, besides uploads."""
        return 0

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs that are part of something kept, so they do not count as "old runs".

        A project may delete runs some days after their end (`house/operations/retention`).
        """
        return ()

    def chosen_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs whose result somebody chose, for the record of its model.

        This is what people do anyway with a good result: put it into a series, pick it on a board.
        After each change, `runs.records.counting.touch` lets the worker ask again.
        """
        return ()

    def rows_won(self, endpoint_id: int) -> Mapping[int, tuple[int, int]]:
        """Return by project the rows of boards with a winner, and how many the model won.

        They are the rows in which it stood against another model.
        """
        return {}

    def handed_over(self) -> Sequence[UserRelation]:
        """Return the relations whose rows another user gets when an account is removed.

        Rows of other relations are deleted with the account (sessions, drafts, favourites, saved
        searches) or lose their author (notes, marks).
        """
        return ()

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return the models that "Move to…" takes, by their name in addresses: `board`."""
        return {}

    def goes_along(self, rows: SelectedRows) -> SelectedRows:
        """Return what goes along with rows that move to another project, such as a board's runs.

        Return only direct relations: this is called again for the rows that it returns.
        """
        return {}

    def private_pages(self) -> Mapping[str, InProjectQuerySet[Any]]:
        """Return the rows that admins may open with a reason, by their name in addresses.

        The page of such a row asks for the reason (`playground/display/covered_row.py`); what
        `goes_along` with it is opened as well.
        """
        return {}

    def dependants(self) -> Sequence[Dependants]:
        """Return the kinds of the app's things that use models."""
        return ()


def dependants() -> list[Dependants]:
    """Return the kinds of things that use models, from all apps."""
    return [kind for owner in registered(Keeps) for kind in owner.dependants()]


def kept_runs(run_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return the runs that some app keeps."""
    return {run_id for owner in registered(Keeps) for run_id in owner.kept_runs(run_ids)}


def chosen_runs(run_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return the runs whose result somebody chose."""
    return {run_id for owner in registered(Keeps) for run_id in owner.chosen_runs(run_ids)}


def rows_won(endpoint_id: int) -> dict[int, tuple[int, int]]:
    """Return by project the rows of boards with a winner, and how many a model won."""
    return {
        project: rows
        for owner in registered(Keeps)
        for project, rows in owner.rows_won(endpoint_id).items()
    }


def private_pages() -> dict[str, InProjectQuerySet[Any]]:
    """Return the rows that admins may open with a reason, from all apps."""
    return {
        name: rows for owner in registered(Keeps) for name, rows in owner.private_pages().items()
    }
