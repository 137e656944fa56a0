"""Where apps show runs: the places that a run is in, lists, and live pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django.apps import apps
from django.db.models import Exists, Q, UUIDField

from core.db.prepared_queries import Param, PreparedQuery
from runs.promises.registry import RunOwner, registered

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

    from catalog.changelog.personal_news import Entry
    from catalog.models import Endpoint
    from runs.models import Run
    from runs.models.querysets import RunQuerySet


class Place(NamedTuple):
    """Something that contains a run or that it was made from: its kind (`Board`), title, address.

    `note` adds details where they are useful.
    """

    kind: str
    title: str
    address: str
    note: str = ""


class LiveView(NamedTuple):
    """Renders a view of a run: (run, view with its rights) → the fragments to swap in.

    With `is_of_list`, the run is loaded without its heavy columns, as lists load it.
    """

    render: Callable[[Run, str], str]
    is_of_list: bool = False


# The key of a group → its runs. A group's token does not name them, so return only runs that every
# holder of the token may watch (`runs/live/groups.py`).
RunsOfGroup = Callable[[str], Sequence[uuid.UUID]]


class Places(RunOwner):
    """Where an app shows runs."""

    # Models with a column `run`: a run without a row in any of them has no place here. One query
    # checks the rows of all apps. Most runs have none, and compiling the queries of `places_of`
    # would slow every page down.
    models_of_places: ClassVar[tuple[type[Model], ...]] = ()

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the places of the run that the user may see, as links for the run's page."""
        return ()

    def stage_panel(self, run: Run) -> str:
        """Return the address of a panel that the stage shows above the results of an ended run.

        Whoever sees the run gets the address: its view checks the rights. Empty: none.
        """
        return ""

    def places_among(
        self, user: User | AnonymousUser, run_ids: Collection[uuid.UUID]
    ) -> Mapping[uuid.UUID, Place]:
        """Return the newest place of each of these runs; only what the user may read."""
        return {}

    def run_groups(self) -> Mapping[str, RunsOfGroup]:
        """Return the functions that find the runs of a group, by the group's kind.

        A page of hundreds of runs, such as a board, watches them as a group with one token.
        """
        return {}

    def live_views(self) -> Mapping[str, LiveView]:
        """Return, by name, the app's views that are rendered whenever a run has changed."""
        return {}

    def listed_runs(self, request: HttpRequest) -> RunQuerySet | None:
        """Return all runs, on all pages, that the app's list shows for this request's query.

        None if the app has no such list.
        """
        return None

    def decisions_for(self, user: User | AnonymousUser, endpoint: Endpoint) -> Sequence[Place]:
        """Return what the model was chosen for, as far as the user may see; `note` says by whom."""
        return ()

    def waiting(self, user: User) -> Sequence[Entry]:
        """Return what needs an action of the user, for the front page."""
        return ()


def places_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the places of the run that the user may see."""
    has_rows = _HAS_ROWS.get(run=run.pk)
    return [
        place
        for owner, is_named in zip(registered(Places), has_rows, strict=True)
        if is_named
        for place in owner.places_of(user, run)
    ]


def stage_panel(run: Run) -> str:
    """Return the address of the first app's panel for the stage of a run; empty without one."""
    return next(filter(None, (owner.stage_panel(run) for owner in registered(Places))), "")


def _has_rows() -> QuerySet[Any, tuple[bool, ...]]:
    """Return for each app whether a run is in a row of its `models_of_places`."""
    run = Param("run", UUIDField())
    of_owners: Iterable[list[Q]] = (
        [Q(Exists(model._default_manager.filter(run=run))) for model in owner.models_of_places]
        for owner in registered(Places)
    )
    # By name, since the module of runs imports this one.
    runs = apps.get_model("playground", "Run")._default_manager.filter(pk=run).order_by()
    has_rows: list[Any] = [reduce(or_, rows, Q(pk__in=[])) for rows in of_owners]
    have_rows: QuerySet[Any, tuple[bool, ...]] = runs.values_list(*has_rows)
    return have_rows


_HAS_ROWS = PreparedQuery(_has_rows)


def places_among(
    user: User | AnonymousUser, run_ids: Collection[uuid.UUID], kind: str
) -> dict[uuid.UUID, Place]:
    """Return the newest place of this kind of each run that has one."""
    return {
        run_id: place
        for owner in registered(Places)
        for run_id, place in owner.places_among(user, run_ids).items()
        if place.kind == kind
    }


def decisions_for(user: User | AnonymousUser, endpoint: Endpoint) -> list[Place]:
    """Return what the model was chosen for, from all apps."""
    return [place for owner in registered(Places) for place in owner.decisions_for(user, endpoint)]


def waiting(user: User) -> list[Entry]:
    """Return what needs an action of the user, from all apps."""
    return [entry for owner in registered(Places) for entry in owner.waiting(user)]
