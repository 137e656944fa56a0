"""Decides which runs the wall and its list show, and where the wall shows other ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.http import QueryDict

from accounts import permissions
from core.http.parameters import parse_moment
from core.resource import UNDO
from features.library.full_text import Clause
from features.library.search import matching
from features.library.search.conditions import BY, DELETED, EVERYBODY, IS, ME, STATE, UPLOAD
from features.library.search.entries import PROJECT, USER
from features.library.search.line import Line, from_old_address, parse_line
from projects import current
from runs.files import upload_deletion
from runs.models import Run, Upload
from runs.models.querysets import RunQuerySet
from runs.ownership import deletion

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from runs.models.upload import UploadQuerySet

MAX_NEWER = 1000  # newer runs that are counted for a list
OLD = ("model", "state", "days", "starred", "whose")  # parameters from before the line
VIEW = "view"  # the parameter that names a saved view
# What belongs to the line that is replaced, or to a place in its results.
_DROPPED = (*OLD, VIEW, "q", "before", "until", "since", "deleted", UNDO, "groups", "facets")


@dataclass(frozen=True)
class Filters:
    """The filters in an address; invalid ones are ignored."""

    line: Line = field(default_factory=Line)
    before: datetime | None = None
    until: datetime | None = None  # the position to which the user had scrolled

    @classmethod
    def from_query(cls, get: QueryDict, view: str = "") -> Filters:
        """Parse the filters of a query string; old parameters are added to the line.

        `view` is the line of the view that the address names.
        """
        old = from_old_address((name, get.get(name, "")) for name in OLD)
        return cls(
            line=parse_line(" ".join((view, get.get("q", ""), old))),
            before=parse_moment(get.get("before", "")),
            until=parse_moment(get.get("until", "")),
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.line.text)

    @property
    def is_deleted(self) -> bool:
        """Whether the deleted runs are listed."""
        return DELETED in self.line.values(STATE)

    @property
    def is_of_uploads(self) -> bool:
        """Whether uploads are listed instead of runs."""
        return UPLOAD in self.line.values(IS)

    def names_state(self, *states: str) -> bool:
        """Whether the line asks for one of these states."""
        return bool(set(self.line.values(STATE)) & set(states))

    def matching_runs(self, request: HttpRequest) -> RunQuerySet:
        """Return matching runs of the request's project, or the user's own of all projects.

        `by:` limits them to a member; outside of shared projects, users who may see everybody's
        runs get the member's runs of all projects. Conditions on the content of runs only match
        runs that the user may read. These are the runs of all pages: see `below`.
        """
        user = cast("User", request.user)
        runs = deletion.restorable(user) if self.is_deleted else Run.objects.kept()
        within: Clause | None = None
        is_anybodys = self.is_anybodys(request)
        if not is_anybodys:
            runs = current.rows_in_scope(runs, request)
            within = (
                matching.scope(USER, user.pk)
                if current.is_of_all_projects(request)
                else matching.scope(PROJECT, current.current(request).pk)
            )
        if (is_anybodys or self.is_deleted) and self.line.reads_content:
            runs = runs.within_reach_of(user)
        return matching.matching(runs, self.line, user, within)

    def matching_uploads(self, request: HttpRequest) -> UploadQuerySet:
        """Return matching uploads of the request's project, or the user's own of all projects."""
        user = cast("User", request.user)
        uploads = upload_deletion.restorable(user) if self.is_deleted else Upload.objects.kept()
        uploads = current.rows_in_scope(uploads, request).without_results()
        return matching.matching_uploads(uploads, self.line, user)

    def below(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows on the page that the address names, and after it."""
        return rows.filter(created_at__lt=self.before) if self.before else rows

    def counted(self, runs: RunQuerySet, request: HttpRequest) -> RunQuerySet:
        """Return the listed runs that facets count: those that the user may read."""
        is_read_already = self.line.reads_content or not (
            self.is_deleted or self.is_anybodys(request)
        )
        return runs if is_read_already else runs.within_reach_of(request.user)

    def is_anybodys(self, request: HttpRequest) -> bool:
        """Whether the list has everybody's runs, or one member's runs of all projects."""
        people = set(self.line.values(BY)) - {ME}
        if not people or not permissions.may_see_runs(request.user):
            return False
        return EVERYBODY in people or not current.is_of_shared_project(request)


def with_line(request: HttpRequest, line: str) -> str:
    """Return the query string of the page with this line."""
    parameters = request.GET.copy()
    for name in _DROPPED:
        parameters.pop(name, None)
    if line:
        parameters["q"] = line
    return f"?{parameters.urlencode()}"


def next_page(request: HttpRequest, **place: str) -> str:
    """Return the query string of the page that continues at this place, such as `before=…`."""
    parameters = request.GET.copy()
    for name in ("before", "until", "groups"):
        parameters.pop(name, None)
    parameters.update(place)
    return f"?{parameters.urlencode()}"
