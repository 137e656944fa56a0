"""Saved views: which the wall offers, and how one is saved, changed and deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.utils import timezone

from accounts import audit
from core.http.parameters import parse_uuid
from library.models import View
from library.search.line import MOST_CHARS
from library.wall.filters import VIEW, Filters
from projects import current

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

    from projects.models import Project

KEPT_AFTER_DELETION = timedelta(days=1)
MOST_OFFERED = 40
MOST_IN_PROJECT = 500
MOST_NAME = 80


class Refused(ValueError):
    """Nothing was saved; says why and what to do."""


def named(request: HttpRequest) -> View | None:
    """Return the view that the address names, of those that the user sees; no query without one."""
    pk = parse_uuid(request.GET.get(VIEW, ""))
    if pk is None:
        return None
    return View.objects.kept().shown_to(request.user).filter(pk=pk).first()


def filters(request: HttpRequest) -> Filters:
    """Return the filters in the address, those of the view that it names included."""
    view = named(request)
    return Filters.from_query(request.GET, view.line if view else "")


def offered(request: HttpRequest) -> list[View]:
    """Return the views of the request's project and one's private ones, by name."""
    rows = View.objects.offered_in(current.current(request), cast("User", request.user))
    return list(rows[:MOST_OFFERED])


def check(name: str, line: str) -> dict[str, str]:
    """Return what is wrong with what was typed, by field."""
    wrong = {}
    if not name:
        wrong["name"] = "Give the view a name, such as “Posters, starred”."
    elif len(name) > MOST_NAME:
        wrong["name"] = f"A name has at most {MOST_NAME} characters; this has {len(name)}."
    if not line:
        wrong["line"] = "A view needs something to narrow the results by: words or a condition."
    elif len(line) > MOST_CHARS:
        wrong["line"] = f"A line has at most {MOST_CHARS} characters; this has {len(line)}."
    return wrong


def create(user: User, project: Project, name: str, line: str, *, is_hidden: bool) -> View:
    """Save a view. Raises Refused if the project would hold too many."""
    _purge_deleted(user)
    if View.objects.kept().filter(project=project).count() >= MOST_IN_PROJECT:
        raise Refused(f"“{project}” has {MOST_IN_PROJECT} views. Delete one that nobody needs.")
    return View.objects.create(
        user=user, project=project, name=name, line=line, is_hidden=is_hidden
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
