"""The filters of the wall and of its list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils import timezone

from accounts import permissions
from catalog.models import Endpoint
from core.http.parameters import parse_moment
from fal.db_safe import db_safe_text
from projects import current
from runs.models import Run
from runs.models.querysets import RunQuerySet
from runs.ownership import deletion

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
        in_shared = current.is_of_shared_project(request)
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
    if current.is_of_shared_project(request):
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
