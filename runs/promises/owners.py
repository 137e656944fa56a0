"""The promises that an app makes to its runs: one class per app, called by the layers below.

To the worker, the files and the live pages, the run of a board, flow or training is an
ordinary run. When they need to know something of its app, they ask the app's `RunOwner`, which
`AppConfig.ready` registers. (In any other sentence, a run's owner is its user.)
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django.apps import apps
from django.db.models import Exists, Q, UUIDField

from core.db.prepared_queries import Param, PreparedQuery

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

    import fal
    from catalog.changelog.personal_news import Entry
    from catalog.models import Endpoint
    from core.notify import channel
    from projects.models import InProject, InProjectQuerySet, Project
    from runs.models import Charge, Run
    from runs.models.querysets import RunQuerySet
    from runs.promises.dependants import Dependants
    from runs.promises.named_inputs import NamedInput, NameResolver, OfferedName


class Place(NamedTuple):
    """Something that contains a run or that it was made from: its kind (`Board`), title, address.

    `note` adds details where they are useful.
    """

    kind: str
    title: str
    address: str
    note: str = ""


class JsonColumn(NamedTuple):
    """A JSON column of some rows that may contain addresses of uploads and results."""

    rows: QuerySet[Any]
    column: str


class UserRelation(NamedTuple):
    """A model whose rows belong to a user through the relation `field`; `label` names them."""

    label: str
    model: type[Model]
    field: str = "user"


class LiveView(NamedTuple):
    """Renders a view of a run: (run, view with its rights) → the fragments to swap in.

    With `is_of_list`, the run is loaded without its heavy columns, as lists load it.
    """

    render: Callable[[Run, str], str]
    is_of_list: bool = False


@dataclass(frozen=True)
class Job:
    """A recurring job of every worker: `run` does it once and returns the seconds until the next.

    With `wakes_on_change` it runs earlier: a second after the database has changed.
    """

    name: str
    run: Callable[[], Awaitable[float]]
    wakes_on_change: bool = False


# The key of a group → its runs. A group's token does not name them, so return only runs that every
# holder of the token may watch (`runs/live/groups.py`).
RunsOfGroup = Callable[[str], Sequence[uuid.UUID]]

# Keys of rows in projects, by model.
SelectedRows = Mapping[type["InProject"], set[Any]]

# (user, endpoint, key) → the `FormState` of the model's page; None if there is no such source. The
# page is above the runs, so this layer cannot import its type.
FillForm = Callable[["User", "Endpoint", str], Any]


class RunOwner:
    """One app's promises. Each method has a default that promises nothing: override what applies.

    Methods that return querysets or callables are called often and must not query themselves.
    """

    # Places: which of the app's rows a run belongs to

    # Models with a column `run`: a run without a row in any of them has no place here. One query
    # checks the rows of all apps. Most runs have none, and compiling the queries of `places_of`
    # would slow every page down.
    models_of_places: ClassVar[tuple[type[Model], ...]] = ()

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the places of the run that the user may see, as links for the run's page."""
        return ()

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

    # The start of a run

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Record what the runs' forms were filled in from, in the transaction that starts the runs.

        `origins` are marks, `<kind>:<key>`, that apps have put into the forms; anybody can post any
        mark. All runs have the same user; runs without a mark are left out.
        """

    def name_resolver(self, user: User, project: Project) -> NameResolver | None:
        """Return a function that replaces names of the app's things (`named_inputs.py`).

        It is for runs that the user starts in the project. Only the first name may cost a query.
        """
        return None

    def names_offered(self, user: User, project: Project) -> Sequence[OfferedName]:
        """Return some of the app's things that the user may mention in the project."""
        return ()

    def on_named(self, user: User, named: Mapping[Run, Sequence[NamedInput]]) -> None:
        """Record the named things in the runs' arguments, in the transaction that starts the runs.

        All runs have the same user. Ignore what belongs to other apps.
        """

    def on_charges(
        self, user: User, charges: Sequence[Charge], before: Decimal = Decimal(0)
    ) -> None:
        """Raise `refused_starts.Forbidden` if runs may not cost so much; nothing is written yet.

        Called last in the transaction that starts them, while nobody else can start any. It may
        assign an expected sum to charges about which nothing is known. `before` is the sum that the
        same run has reserved earlier: a live session reserves repeatedly.
        """

    # The end of a run

    def on_settle(self, charge: Charge) -> None:
        """Write in the transaction that settles, releases or corrects a charge's sum.

        `charge` has its present values. Be as quick as `on_end`, and do not fail.
        """

    def on_end(self, run: Run, changes: Mapping[str, Any]) -> None:
        """Write in the transaction that ends a run; called once for each run.

        `run` is the locked row in its previous state, without its large columns; `changes` has the
        columns that the end changes. Be quick, and do not fail: an exception undoes the end. Do not
        write more than a row or two here; anything else belongs in a job.
        """

    def on_shown_end(self, user_id: int, run_ids: Sequence[uuid.UUID]) -> None:
        """Record that an open page of the user has shown the end of these runs, mostly once."""

    def notifies_of_end(self, run: Run) -> bool:
        """Whether the app itself notifies the user of this run's end, so no message is sent."""
        return False

    # Lists

    def listed_runs(self, request: HttpRequest) -> RunQuerySet | None:
        """Return all runs, on all pages, that the app's list shows for this request's query.

        None if the app has no such list.
        """
        return None

    def decisions_for(self, user: User | AnonymousUser, endpoint: Endpoint) -> Sequence[Place]:
        """Return what the model was chosen for, as far as the user may see; `note` says by whom."""
        return ()

    def dependants(self) -> Sequence[Dependants]:
        """Return the kinds of the app's things that use models."""
        return ()

    # Files

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return columns that may name uploads and results as inputs; named files are kept."""
        return ()

    def opened_files(self, user_id: int) -> Sequence[JsonColumn]:
        """Return columns of a user's rows that others see: everybody may read the named files."""
        return ()

    def held_bytes(self, user_id: int) -> int:
        """Return the bytes that count towards the user's quota, besides uploads."""
        return 0

    def names_of_weights(self, user_id: int, addresses: Sequence[str]) -> Mapping[str, str]:
        """Return the user's names for weights at these addresses; file names mean little."""
        return {}

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

    def votes_on(self, endpoint_id: int) -> Mapping[int, tuple[int, int]]:
        """Return the blind votes on a model and twice its wins, by project, for its record."""
        return {}

    # People

    def handed_over(self) -> Sequence[UserRelation]:
        """Return the relations whose rows another user gets when an account is removed.

        Rows of other relations are deleted with the account (sessions, drafts, favourites, saved
        searches) or lose their author (notes, marks).
        """
        return ()

    def waiting(self, user: User) -> Sequence[Entry]:
        """Return what needs an action of the user, for the front page."""
        return ()

    # Projects

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

    # Forms and the worker

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return the functions that fill a model's form from `?<kind>=<key>`, by kind."""
        return {}

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the recurring jobs of each worker; several workers may do one at once.

        `signal` wakes jobs that wait for changes. `upstream` is None in a worker without a key.
        """
        return ()


_OWNERS: dict[type[RunOwner], RunOwner] = {}


def register(owner: RunOwner) -> None:
    """Register an app's promises; called in its `ready`, which Django may call twice."""
    _OWNERS[type(owner)] = owner


def registered() -> Iterable[RunOwner]:
    """Return the promises of all apps, in the order of `INSTALLED_APPS`."""
    return _OWNERS.values()


def places_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the places of the run that the user may see."""
    has_rows = _HAS_ROWS.get(run=run.pk)
    return [
        place
        for owner, is_named in zip(registered(), has_rows, strict=True)
        if is_named
        for place in owner.places_of(user, run)
    ]


def _has_rows() -> QuerySet[Any, tuple[bool, ...]]:
    """Return for each app whether a run is in a row of its `models_of_places`."""
    run = Param("run", UUIDField())
    of_owners: Iterable[list[Q]] = (
        [Q(Exists(model._default_manager.filter(run=run))) for model in owner.models_of_places]
        for owner in registered()
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
        for owner in registered()
        for run_id, place in owner.places_among(user, run_ids).items()
        if place.kind == kind
    }


def decisions_for(user: User | AnonymousUser, endpoint: Endpoint) -> list[Place]:
    """Return what the model was chosen for, from all apps."""
    return [place for owner in registered() for place in owner.decisions_for(user, endpoint)]


def dependants() -> list[Dependants]:
    """Return the kinds of things that use models, from all apps."""
    return [kind for owner in registered() for kind in owner.dependants()]


def kept_runs(run_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return the runs that some app keeps."""
    return {run_id for owner in registered() for run_id in owner.kept_runs(run_ids)}


def chosen_runs(run_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return the runs whose result somebody chose."""
    return {run_id for owner in registered() for run_id in owner.chosen_runs(run_ids)}


def votes_on(endpoint_id: int) -> dict[int, tuple[int, int]]:
    """Return the blind votes on a model and twice its wins, by project."""
    return {
        project: votes
        for owner in registered()
        for project, votes in owner.votes_on(endpoint_id).items()
    }


def private_pages() -> dict[str, InProjectQuerySet[Any]]:
    """Return the rows that admins may open with a reason, from all apps."""
    return {name: rows for owner in registered() for name, rows in owner.private_pages().items()}


def waiting(user: User) -> list[Entry]:
    """Return what needs an action of the user, from all apps."""
    return [entry for owner in registered() for entry in owner.waiting(user)]
