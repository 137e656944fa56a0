"""The project of a request: the one that its URL names, else the user's last choice.

Every URL that begins something has `?project=<slug>`. A link therefore opens in the right project,
and a page posts to the project that it showed, even if another tab has chosen another one since.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.urls import Resolver404, resolve
from django.utils.http import urlencode

from fal.db_safe import db_safe_text
from projects.models import Choice, InProjectQuerySet, Membership, Project
from projects.models.project import PRIVATE, private_project

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

# Relations loaded with the request's user, so that no page needs a query for its project.
LOADED = ("private_project", "project_choice__membership__project")
PARAMETER = "project"
SCOPE, ALL = "scope", "all"
Rows = TypeVar("Rows", bound=InProjectQuerySet[Any])
View = TypeVar("View", bound=Callable[..., Any])
PROGRAMS = "/api/"  # paths for programs, whose projects `api/reach.py` decides
UNKNOWN = (
    "You are not a member of a project with this address. Ask the person who gave you the link, "
    "or work in one of your own projects."
)


class NotAMember(PermissionDenied):
    """The URL names a project that does not exist or that the user is not a member of."""


def current(request: HttpRequest) -> Project:
    """Return the project for everything that this request begins.

    Raises NotAMember if the URL names a project that is not the user's: their work must not
    silently go to another project.
    """
    user = cast("User", request.user)
    project_key = request.GET.get(PARAMETER, "")
    if not project_key:
        return chosen(user)
    project = getattr(request, "_named_project", None)
    if project is None:
        project = named_project(user, project_key)
        request._named_project = project  # type: ignore[attr-defined]
    return cast("Project", project)


def rows_in_scope(rows: Rows, request: HttpRequest) -> Rows:
    """Return the rows of a list: those that the user sees in the request's project.

    With `?scope=all` these are the user's own rows in all their projects.
    """
    user = cast("User", request.user)
    if is_of_all_projects(request):
        return rows.own(user)
    return rows.in_project(current(request), user)


def is_of_all_projects(request: HttpRequest) -> bool:
    """Return whether a list shows the user's own rows in all their projects."""
    return request.GET.get(SCOPE) == ALL


def is_of_shared_project(request: HttpRequest) -> bool:
    """Return whether a list shows the rows of all members of a shared project."""
    return not current(request).is_private and not is_of_all_projects(request)


def named_project(user: User, slug: str) -> Project:
    """Return the user's project with this slug; raises NotAMember."""
    if slug == PRIVATE:
        return private_project(user)
    last = chosen(user)
    if last.slug == slug:
        return last
    project = Project.objects.with_member(user).filter(slug=db_safe_text(slug[:60])).first()
    if project is None:
        raise NotAMember(UNKNOWN)
    return project


def chosen(user: User) -> Project:
    """Return the project that the user chose last; no query for the request's user.

    If it has been archived since, return their private one.
    """
    try:
        project = user.project_choice.membership.project
    except Choice.DoesNotExist:
        return private_project(user)
    return project if project.archived_at is None else private_project(user)


def choose(user: User, project: Project) -> None:
    """Store the project as the user's choice; do nothing if it is archived."""
    if project == chosen(user) or project.archived_at is not None:
        return
    membership = Membership.objects.filter(project=project, user=user).first()
    if membership:  # else: removed since the request began
        Choice.objects.update_or_create(user=user, defaults={"membership": membership})


def query(project: Project) -> str:
    """Return the query string that names the project: `?project=<slug>`."""
    return f"?{urlencode({PARAMETER: project.key})}"


def in_named_project(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: refuses a URL that names a project of others, before anything begins.

    Opening a page whose URL names a project chooses that project; otherwise the page's other links
    would lead to another one.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        if PARAMETER not in request.GET or request.path_info.startswith(PROGRAMS):
            return get_response(request)
        if not request.user.is_authenticated:
            return get_response(request)
        if _is_filtered(request):
            request._named_project = chosen(request.user)  # type: ignore[attr-defined]
            return get_response(request)
        project = current(request)
        response = get_response(request)
        is_page = request.method == "GET" and "HX-Request" not in request.headers
        if is_page and "text/html" in response.headers.get("Content-Type", ""):
            choose(request.user, project)
        return response

    return respond


def filters_by_project(view: View) -> View:
    """Mark a view in which `?project=` only filters the rows, and may name projects of others.

    Nothing begins there, and the view itself decides what the user sees.
    """
    _FILTERED.add(view)
    return view


def _is_filtered(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).func in _FILTERED
    except Resolver404:
        return False


_FILTERED: set[Callable[..., Any]] = set()
