"""What an app promises to its runs: one class an app, asked by the rooms below it.

To the worker, the files and the live pages, the run of a board, a chat, a flow or a training is an
ordinary run. What they need to know of its app they ask the app's `RunOwner`, which is registered
in `AppConfig.ready`. (In any other sentence, a run's owner is its user.)
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
    from datetime import datetime

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
    from runs.promises.named_inputs import NamedInput, NameResolver, Offered


class Place(NamedTuple):
    """Something that contains a run, or that it was made from: its kind (`Board`), title, address.

    `note` says more of it where that is of use.
    """

    kind: str
    title: str
    address: str
    note: str = ""


class JsonColumn(NamedTuple):
    """A JSON column of some rows, in which addresses of uploads and results may occur."""

    rows: QuerySet[Any]
    column: str


class UserRelation(NamedTuple):
    """A model whose rows belong to a user, by the relation `field`; `label` names them."""

    label: str
    model: type[Model]
    field: str = "user"


class LiveView(NamedTuple):
    """How a view of a run is rendered: (run, view with its rights) → the fragments to swap in.

    `is_live`: also for each partial output (`runs/progress/live_partials.py`).
    """

    render: Callable[[Run, str], str]
    is_live: bool = False


class Line(NamedTuple):
    """One thing in the list of *Compare*; `author` is empty where it is the reader's own."""

    kind: str  # `Board`
    name: str
    address: str
    at: datetime
    pictures: Sequence[str]
    models: str
    state: str
    author: str


class Compared(NamedTuple):
    """Things of one kind in that list, under `?kind=`: `describe` makes the lines of some rows."""

    kind: str  # `board`
    rows: QuerySet[Any]
    name: str  # the column that is searched
    at: str  # the column by which the newest come first
    describe: Callable[[Sequence[Any]], list[Line]]


@dataclass(frozen=True)
class Job:
    """A recurring job of every worker: `run` does it once and returns the seconds until the next.

    With `wakes_on_change` it is repeated earlier: a second after the database has changed.
    """

    name: str
    run: Callable[[], Awaitable[float]]
    wakes_on_change: bool = False


# The key of a group → its runs. The token of a group names none of them, so only those that whoever
# got the token may watch (`runs/live/groups.py`).
RunsOfGroup = Callable[[str], Sequence[uuid.UUID]]

# Keys of rows that live in projects, by their model.
Chosen = Mapping[type["InProject"], set[Any]]

# (user, endpoint, key) → the `FormState` of the model's page, None if there is no such source. The
# page is above the runs, so its type cannot be named here.
FillForm = Callable[["User", "Endpoint", str], Any]


class RunOwner:
    """One app's promises. Each method has a default that promises nothing: override what applies.

    Methods that return querysets or callables are called often and must not query themselves.
    """

    # What of the app's rows belongs to a run

    # Models with runs in a column `run`: without a row of one of them, a run has no place here. One
    # query asks for the rows of all apps. Most runs have none, and a page may not take as long as
    # compiling what `places_of` asks for.
    models_of_places: ClassVar[tuple[type[Model], ...]] = ()

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return what contains the run, of what the user may see: links on the run's page."""
        return ()

    def places_among(
        self, user: User | AnonymousUser, run_ids: Collection[uuid.UUID]
    ) -> Mapping[uuid.UUID, Place]:
        """Return what contains each of these runs, the newest; only what the user may read."""
        return {}

    def run_groups(self) -> Mapping[str, RunsOfGroup]:
        """Return how the runs of a group are found, by the group's kind.

        A page of hundreds of runs, such as a board, watches them as a group with one token.
        """
        return {}

    def live_views(self) -> Mapping[str, LiveView]:
        """Return how the app's views of a run are rendered when the run has changed, by name."""
        return {}

    # The beginning of a run

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Write, in the transaction in which runs start, what their forms were filled in from.

        `origins` are marks that apps have put into the forms, `<kind>:<key>`; whoever posts may
        write any. All runs are of one user; those without a mark are left out.
        """

    def name_resolver(self, user: User, project: Project) -> NameResolver | None:
        """Return what replaces the names of the app's things in arguments (`named_inputs.py`).

        For what the user begins in the project. It may ask the database at its first name.
        """
        return None

    def names_offered(self, user: User, project: Project) -> Sequence[Offered]:
        """Return what of the app's things the user may mention in the project, some of them."""
        return ()

    def on_named(self, user: User, named: Mapping[Run, Sequence[NamedInput]]) -> None:
        """Write, in the transaction in which runs start, which named things are in their arguments.

        All runs are of one user. What belongs to other apps is to be left out.
        """

    def on_charges(
        self, user: User, charges: Sequence[Charge], before: Decimal = Decimal(0)
    ) -> None:
        """Refuse what runs may cost, before it is written: raises a `refused_starts.Forbidden`.

        Called last in the transaction in which they start, while nobody else can start any. It may
        give what nothing is known of an expected sum. `before` is what the press has reserved
        earlier: a live session goes on reserving.
        """

    # The end of a run

    def on_settle(self, charge: Charge) -> None:
        """Write in the transaction in which a charge's sum is settled, released or corrected.

        `charge` is as it is now. Be as quick as `on_end`, and do not fail.
        """

    def on_end(self, run: Run, changed: Mapping[str, Any]) -> None:
        """Write in the transaction in which a run ends; called once for each run.

        `run` is the locked row in its previous state, without its large columns, `changed` the
        columns that the end changes. Be quick, and do not fail: an exception undoes the end.
        Anything beyond writing a row or two belongs in a job.
        """

    def on_shown_end(self, user_id: int, run_ids: Sequence[uuid.UUID]) -> None:
        """Note that an open page of the user has shown the end of these runs; mostly once each."""

    def notifies_of_end(self, run: Run) -> bool:
        """Whether the app itself notifies the user of this run's end, instead of a message each."""
        return False

    # Lists

    def listed_runs(self, request: HttpRequest) -> RunQuerySet | None:
        """Return all runs that the app's list shows at this request's query, on all its pages.

        None if the app has no such list.
        """
        return None

    def compared(self, request: HttpRequest) -> Sequence[Compared]:
        """Return the things of the request's project that *Compare* lists."""
        return ()

    def decisions_for(self, user: User | AnonymousUser, endpoint: Endpoint) -> Sequence[Place]:
        """Return for what the model was taken, of what the user may see: `note` says by whom."""
        return ()

    # Files

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return what may name uploads and results as inputs: these are kept as long as it does."""
        return ()

    def opened_files(self, user_id: int) -> Sequence[JsonColumn]:
        """Return what of a user's rows others may see: everybody may read the files it names."""
        return ()

    def held_bytes(self, user_id: int) -> int:
        """Return the size of what counts towards the user's quota, besides uploads."""
        return 0

    def names_of_weights(self, user_id: int, addresses: Sequence[str]) -> Mapping[str, str]:
        """Return the user's names of weights at these addresses: file names mean little."""
        return {}

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return those of these runs that are part of something kept: they are not "old runs".

        A project may delete runs some days after their end (`runs/ownership/retention.py`).
        """
        return ()

    # People

    def handed_over(self) -> Sequence[UserRelation]:
        """Return what another user gets when an account is removed.

        Rows of other relations are deleted with the account (sessions, drafts, favourites, saved
        searches) or lose their author (notes, marks).
        """
        return ()

    def news(self, user: User) -> Sequence[Entry]:
        """Return the user's news, for the feed."""
        return ()

    def waiting(self, user: User) -> Sequence[Entry]:
        """Return what asks the user for an act, for the front page."""
        return ()

    # Projects

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return what "Move to…" takes, by the name that addresses have for it: `board`."""
        return {}

    def goes_along(self, rows: Chosen) -> Chosen:
        """Return what goes along with rows that are moved to another project, as a board's runs.

        Only direct relations: what goes along is asked for its own in turn.
        """
        return {}

    def private_pages(self) -> Mapping[str, InProjectQuerySet[Any]]:
        """Return what admins see of others with a reason, by the name that addresses have for it.

        The page of such a row asks for the reason (`playground/display/looking.py`); what
        `goes_along` with it is opened as well.
        """
        return {}

    # Forms and the worker

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return what fills a model's form from `?<kind>=<key>`, by kind."""
        return {}

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the recurring jobs of each worker; several workers may do one at once.

        `signal` tells a job that waits itself that something has changed. `upstream` is None in a
        worker without a key.
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
    """Return whether a run is in a row of `models_of_places`, of each app."""
    run = Param("run", UUIDField())
    of_owners: Iterable[list[Q]] = (
        [Q(Exists(model._default_manager.filter(run=run))) for model in owner.models_of_places]
        for owner in registered()
    )
    # By its name, as the module of runs imports this one.
    runs = apps.get_model("playground", "Run")._default_manager.filter(pk=run).order_by()
    has_rows: list[Any] = [reduce(or_, rows, Q(pk__in=[])) for rows in of_owners]
    asked: QuerySet[Any, tuple[bool, ...]] = runs.values_list(*has_rows)
    return asked


_HAS_ROWS = PreparedQuery(_has_rows)


def places_among(
    user: User | AnonymousUser, run_ids: Collection[uuid.UUID], kind: str
) -> dict[uuid.UUID, Place]:
    """Return the newest place of this kind of each of these runs that is in one."""
    return {
        run_id: place
        for owner in registered()
        for run_id, place in owner.places_among(user, run_ids).items()
        if place.kind == kind
    }


def decisions_for(user: User | AnonymousUser, endpoint: Endpoint) -> list[Place]:
    """Return for what the model was taken, of all apps."""
    return [place for owner in registered() for place in owner.decisions_for(user, endpoint)]


def kept_runs(run_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of these runs that some app keeps."""
    return {run_id for owner in registered() for run_id in owner.kept_runs(run_ids)}


def private_pages() -> dict[str, InProjectQuerySet[Any]]:
    """Return what admins see of others with a reason, of all apps."""
    return {name: rows for owner in registered() for name, rows in owner.private_pages().items()}


def news(user: User) -> list[Entry]:
    """Return the user's news of all apps."""
    return [entry for owner in registered() for entry in owner.news(user)]


def waiting(user: User) -> list[Entry]:
    """Return what asks the user for an act, of all apps."""
    return [entry for owner in registered() for entry in owner.waiting(user)]
