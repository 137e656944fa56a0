"""The history of runs: its filters, and each run as a row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils import timezone

from accounts import permissions
from catalog.models import Endpoint
from core.http.parameters import parse_moment
from fal.db_safe import db_safe_text
from playground.display import renderers
from projects import current
from runs.files import artifact_urls
from runs.models import Run
from runs.models.querysets import RunQuerySet
from runs.own_addresses import OUR_ADDRESS
from runs.ownership import deletion
from runs.progress import watch_tokens
from runs.results import error_messages

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

UNFINISHED, DELETED = "unfinished", "deleted"
STATES = [
    (UNFINISHED, "Under way"),
    *[(s.value, s.label) for s in (Run.State.UNCONFIRMED, *Run.FINAL)],
    (DELETED, "Recently deleted"),
]
EVERYBODY = "*"
MAX_PEOPLE = 200  # in the choice of whose runs to show
MAX_NEWER = 1000  # runs that are counted beside a list
LATEST = 300  # runs whose models the filter suggests
DAYS = {"1": "Today", "7": "Last 7 days", "30": "Last 30 days"}
MAX_VALUE_CHARS = 300
MAX_ROWS = 200  # of the input as a table; its JSON is shown below
KINDS = {"image": "Picture", "video": "Film", "audio": "Sound", "mesh": "3D", "file": "File"}


@dataclass(frozen=True)
class Filters:
    """The filters in an address; invalid ones are ignored."""

    whose: str = ""  # empty: the project's; EVERYBODY, or a username
    q: str = ""
    model: str = ""
    state: str = ""
    days: str = ""
    is_starred: bool = False
    before: datetime | None = None
    until: datetime | None = None  # how far down the wall somebody has scrolled

    @classmethod
    def from_query(cls, get: QueryDict) -> Filters:
        """Parse the filters of a query string."""
        state, days = get.get("state", ""), get.get("days", "")
        return cls(
            whose=db_safe_text(get.get("whose", "").strip()[:150]),
            q=db_safe_text(get.get("q", "").strip()[:200]),
            model=db_safe_text(get.get("model", "").strip()[:255]),
            state=state if state in dict(STATES) else "",
            days=days if days in DAYS else "",
            is_starred=get.get("starred") == "1",
            before=parse_moment(get.get("before", "")),
            until=parse_moment(get.get("until", "")),
        )

    @property
    def day_choices(self) -> Mapping[str, str]:
        """Return the options of the date filter."""
        return DAYS

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered out."""
        shown = (self.whose, self.q, self.model, self.state, self.days, self.is_starred)
        return any(shown)

    @property
    def is_deleted(self) -> bool:
        """Whether the deleted runs are listed."""
        return self.state == DELETED

    def listed(self, request: HttpRequest) -> RunQuerySet:
        """Return the matching runs of the request's project, or one's own of all projects.

        In a shared project `whose` narrows it to a member; else it is for those who may see
        everybody's runs, wherever they are.
        """
        user = request.user
        runs = deletion.restorable(user) if self.is_deleted else Run.objects.kept()
        in_shared = is_of_shared_project(request)
        is_anybodys = permissions.may_see_runs(user) and (self.whose == EVERYBODY or not in_shared)
        if not (self.whose and is_anybodys):
            runs = current.listed(runs, request)
        if self.whose not in ("", EVERYBODY) and (in_shared or is_anybodys):
            runs = runs.filter(user__username=self.whose)
        if self.q and (is_anybodys or self.is_deleted):
            runs = runs.within_reach_of(user)  # a search says what is in a run
        return self.matching(runs)

    def matching(self, runs: RunQuerySet) -> RunQuerySet:
        """Return those of the runs that match, whoever's they are."""
        if self.q:
            runs = runs.containing(self.q)
        if self.model:
            # Their keys first: with a join, the database would not know which index is the shorter.
            exact = Endpoint.objects.filter(endpoint_id=self.model)
            named = list(exact.values_list("pk", flat=True)) or list(
                Endpoint.objects.called(self.model).values_list("pk", flat=True)
            )
            runs = runs.filter(endpoint_id__in=named)
        if self.state == UNFINISHED:
            runs = runs.unfinished()
        elif self.state and not self.is_deleted:
            runs = runs.in_state(self.state)
        if self.days:
            runs = runs.filter(created_at__gt=timezone.now() - timedelta(days=int(self.days)))
        if self.is_starred:
            runs = runs.filter(is_starred=True)
        if self.before:
            runs = runs.filter(created_at__lt=self.before)
        return runs


def is_of_shared_project(request: HttpRequest) -> bool:
    """Return whether a list shows what all members of a shared project have made."""
    is_shared = not current.current(request).is_private
    return is_shared and not current.is_of_all_projects(request)


def models_used(request: HttpRequest) -> list[Endpoint]:
    """Return the models of the latest runs of the list, for the filter by model."""
    runs = current.listed(Run.objects.kept(), request)
    latest = runs.named().order_by("-created_at")[:LATEST]
    endpoints = {run.endpoint.pk: run.endpoint for run in latest}
    return sorted(endpoints.values(), key=lambda endpoint: endpoint.name.casefold())


def whose_choices(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the values and words of the filter by user; empty where there is nobody else.

    Of a shared project its members who have runs there; elsewhere, for who may see them, everybody.
    """
    user, sees_all = cast("User", request.user), permissions.may_see_runs(request.user)
    if is_of_shared_project(request):
        project = current.current(request)
        seen = Run.objects.in_project(project, user)
        members = User.objects.filter(memberships__project=project)
        first = [("", "All members"), (user.username, "Mine")]
        everybody = [(EVERYBODY, "Everybody, in all projects")] if sees_all else []
        return [*first, *_others(members, seen, user), *everybody]
    if not sees_all:
        return []
    others = _others(User.objects.all(), Run.objects.all(), user)
    return [("", "Mine"), (EVERYBODY, "Everybody"), *others]


def _others(people: QuerySet[User], runs: RunQuerySet, user: User) -> list[tuple[str, str]]:
    """Return the names of those of other people who have some of these runs."""
    having = people.exclude(pk=user.pk).filter(Exists(runs.filter(user=OuterRef("pk"))))
    names = having.order_by("username").values_list("username", flat=True)[:MAX_PEOPLE]
    return [(name, name) for name in names]


@dataclass(frozen=True)
class Row:
    """One run in a list: its first picture or poster, watch token, and kind of result."""

    run: Run
    watch: str
    picture: renderers.Shown | None
    seconds: float | None
    kind: str = ""
    may_cancel: bool = True
    may_delete: bool = True
    is_others: bool = False  # somebody else began it
    is_on_stage: bool = False
    is_covered: bool = False  # the reader may only know that it happened

    @property
    def by(self) -> str:
        """Return who began the run, where that is not the reader."""
        return self.run.author if self.is_others else ""

    @property
    def reason(self) -> str:
        """Return why the run failed; empty if it has not, and where that is not for the reader."""
        if self.is_covered:
            return ""
        return error_messages.reason(self.run.error) if self.run.state == Run.State.FAILED else ""

    @cached_property
    def still(self) -> str:
        """Return the address of the picture's thumbnail; empty without a picture."""
        return (
            artifact_urls.thumbnail_url(self.picture.artifact, self.picture.src)
            if self.picture
            else ""
        )


def row(run: Run, view: str = "row") -> Row:
    """Return a run's row for a list in this view; its artifacts should be prefetched."""
    shown = renderers.shown(run)
    return Row(
        run,
        "" if run.is_final else watch_tokens.data_watch(run, view),
        _picture(shown),
        seconds(run),
        next(
            (KINDS[result.artifact.kind] for result in shown if result.artifact.kind in KINDS), ""
        ),
        watch_tokens.may(view, watch_tokens.CANCEL),
        watch_tokens.may(view, watch_tokens.DELETE),
        watch_tokens.is_of_others(view),
    )


def _picture(shown: Sequence[renderers.Shown]) -> renderers.Shown | None:
    """The first file that has a thumbnail; starred files come first."""
    best_first = sorted(shown, key=lambda result: not result.artifact.is_starred)
    has_still = (
        result for result in best_first if artifact_urls.thumbnail_url(result.artifact, result.src)
    )
    return next(has_still, None)


def item(run: Run, view: str) -> Row:
    """Return a run's row for a list without pictures."""
    watch = "" if run.is_final else watch_tokens.data_watch(run, view)
    return Row(run, watch, None, seconds(run))


def strip_row(viewer: watch_tokens.Viewer, run: Run, *, is_on_stage: bool) -> Row:
    """Return a run's item in the film strip; no watch token for a run that the stage watches."""
    strip_item = row(run, viewer.view_of(run, "strip"))
    return replace(strip_item, watch="", is_on_stage=True) if is_on_stage else strip_item


def rows_for(user: User | AnonymousUser, runs: Iterable[Run]) -> list[Row]:
    """Return the rows of a list for this user, without actions that they may not perform."""
    viewer, listed = watch_tokens.Viewer(user), list(runs)
    covered = Run.objects.covered_among(user, listed)
    return [
        covered_row(run, viewer.view_of(run, "row"))
        if run.pk in covered
        else row(run, viewer.view_of(run, "row"))
        for run in listed
    ]


def covered_row(run: Run, view: str) -> Row:
    """Return the row of a run of which the reader may only know that it happened."""
    run.title = ""  # of the loaded run, which nobody saves
    run.is_starred = False
    return Row(
        run,
        "",
        None,
        seconds(run),
        may_cancel=watch_tokens.may(view, watch_tokens.CANCEL),
        may_delete=watch_tokens.may(view, watch_tokens.DELETE),
        is_others=True,
        is_covered=True,
    )


def seconds(run: Run) -> float | None:
    """Return the seconds from the run's creation to its end; None while it is in progress."""
    return (run.ended_at - run.created_at).total_seconds() if run.ended_at else None


@dataclass(frozen=True)
class ArgumentRow:
    """One argument as a line of text."""

    name: str
    value: str
    is_media: bool = False


def argument_rows(arguments: Any) -> list[ArgumentRow]:
    """Return the arguments as table rows; nested values are compact JSON."""
    if not isinstance(arguments, dict):
        return [ArgumentRow("input", json.dumps(arguments, ensure_ascii=False)[:MAX_VALUE_CHARS])]
    rows = []
    for name, value in islice(arguments.items(), MAX_ROWS):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        is_media = isinstance(value, str) and OUR_ADDRESS.fullmatch(value) is not None
        rows.append(
            ArgumentRow(
                name[:MAX_VALUE_CHARS],
                text if len(text) <= MAX_VALUE_CHARS else f"{text[:MAX_VALUE_CHARS]}…",
                is_media,
            )
        )
    return rows


def newest_id(rows: Sequence[Row]) -> str:
    """Return the id of the first run in a list, which pages send as `?newest`."""
    return str(rows[0].run.pk) if rows else ""


def newest_moment(newest_first: Sequence[Run]) -> str:
    """Return when the newest run of a list was created, as ISO 8601; pages ask for later ones."""
    return (newest_first[0].created_at if newest_first else timezone.now()).isoformat()
