"""Saved views: which are offered and what is new in them; saving and deleting one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.utils import timezone

from accounts import audit
from catalog.curation import query_news
from core.http.parameters import parse_uuid
from library.search.line import MOST_CHARS
from library.wall.filters import VIEW, Filters
from projects import current
from runs.models import View

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

    from projects.models import Project

KEPT_AFTER_DELETION = timedelta(days=1)
MOST_OFFERED = 40
MOST_IN_PROJECT = 500
MOST_NAME = 80
MOST_PARAMS = 4000


class Refused(ValueError):
    """Nothing was saved; says why and what to do."""


def named(request: HttpRequest) -> View | None:
    """Return the view that the address names, of those that the user sees; no query without one."""
    pk = parse_uuid(request.GET.get(VIEW, ""))
    if pk is None:
        return None
    shown = View.objects.kept().shown_to(request.user)
    return shown.filter(pk=pk, of=View.Of.RESULTS).first()


def filters(request: HttpRequest) -> Filters:
    """Return the filters in the address, those of the view that it names included."""
    view = named(request)
    return Filters.from_query(request.GET, view.line if view else "")


def offered(request: HttpRequest) -> list[View]:
    """Return the views of the request's project and one's private ones, by name."""
    rows = View.objects.offered_in(current.current(request), cast("User", request.user))
    return list(rows[:MOST_OFFERED])


@dataclass(frozen=True)
class OfModels:
    """A view of models, with the number of models that are new since it was last opened."""

    view: View
    new: int

    @property
    def address(self) -> str:
        """Return its page's address; with `since`, so that a reload shows the same as new."""
        seen_at = self.view.seen_at or self.view.created_at
        return f"{self.view.get_absolute_url()}?since={seen_at.timestamp():.6f}"


def of_models(request: HttpRequest) -> list[OfModels]:
    """Return the user's views of models by name; nothing is searched if no model is new."""
    user = cast("User", request.user)
    rows = list(View.objects.of_models(user)[:MOST_OFFERED])
    asked = [(row.line, row.seen_at or row.created_at) for row in rows]
    return [*map(OfModels, rows, query_news.counts(user, asked))]


def check(name: str, line: str, of: str = View.Of.RESULTS) -> dict[str, str]:
    """Return what is wrong with what was typed, by field."""
    wrong = {}
    if not name:
        wrong["name"] = "Give the view a name, such as “Posters, starred”."
    elif len(name) > MOST_NAME:
        wrong["name"] = f"A name has at most {MOST_NAME} characters; this has {len(name)}."
    most = MOST_PARAMS if of == View.Of.MODELS else MOST_CHARS
    if not line and of == View.Of.RESULTS:
        wrong["line"] = "A view needs something to narrow the results by: words or a condition."
    elif len(line) > most:
        wrong["line"] = f"A line has at most {most} characters; this has {len(line)}."
    return wrong


def create(user: User, project: Project, name: str, line: str, of: str, *, is_hidden: bool) -> View:
    """Save a view. Raises Refused if the project would hold too many."""
    _purge_deleted(user)
    if View.objects.kept().filter(project=project).count() >= MOST_IN_PROJECT:
        raise Refused(f"“{project}” has {MOST_IN_PROJECT} views. Delete one that nobody needs.")
    seen_at = timezone.now() if of == View.Of.MODELS else None
    return View.objects.create(
        user=user,
        project=project,
        name=name,
        line=line,
        of=of,
        seen_at=seen_at,
        is_hidden=is_hidden,
    )


def delete(view: View, by: User) -> None:
    """Delete a view; it can be restored for a while."""
    View.objects.filter(pk=view.pk).update(deleted_at=timezone.now())
    _record(view, by, "deleted")


def restore(view: View, by: User) -> None:
    """Undo a deletion."""
    View.objects.filter(pk=view.pk).update(deleted_at=None)
    _record(view, by, "restored")


def _record(view: View, by: User, what: str) -> None:
    if view.user_id != by.pk:
        audit.record(by, what, [view.project], view.audit_name)


def _purge_deleted(user: User) -> None:
    long_ago = timezone.now() - KEPT_AFTER_DELETION
    View.objects.filter(user=user, deleted_at__lt=long_ago).delete()
