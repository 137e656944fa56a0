"""Which project a request works in: the one its address names, else the person's last choice.

Every address that begins something has `?project=<slug>`, so that a link opens in the right
project, and a page posts to the one that it showed, whatever another tab has chosen since.
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

# What a request's user is loaded with, so that no page needs a query for its project.
LOADED = ("private_project", "project_choice__membership__project")
PARAMETER = "project"
SCOPE, ALL = "scope", "all"
Rows = TypeVar("Rows", bound=InProjectQuerySet[Any])
View = TypeVar("View", bound=Callable[..., Any])
PROGRAMS = "/api/"  # addresses of programs, whose projects `api/reach.py` decides
UNKNOWN = (
    "You are not a member of a project at this address. "
    "Ask whoever gave you the link, or work in one of your own."
)


class NotAMember(PermissionDenied):
    """The address names a project that the user is not a member of, or that there is not."""


def current(request: HttpRequest) -> Project:
    """Return the project in which what this request begins will live.

    Raises NotAMember if its address names one that is not the user's: what somebody began
    elsewhere must not land in another place without a word.
    """
    user = cast("User", request.user)
    named = request.GET.get(PARAMETER, "")
    if not named:
        return chosen(user)
    project = getattr(request, "_named_project", None)
    if project is None:
        project = named_project(user, named)
        request._named_project = project  # type: ignore[attr-defined]
    return cast("Project", project)


def listed(rows: Rows, request: HttpRequest) -> Rows:
    """Return what a list shows: what the user sees in the request's project.

    With `?scope=all` the user's own rows of all their projects.
    """
    user = cast("User", request.user)
    if is_of_all_projects(request):
        return rows.own(user)
    return rows.in_project(current(request), user)


def is_of_all_projects(request: HttpRequest) -> bool:
    """Return whether a list shows the user's own rows of all their projects."""
    return request.GET.get(SCOPE) == ALL


def is_of_shared_project(request: HttpRequest) -> bool:
    """Return whether a list shows what all members of a shared project have made."""
    return not current(request).is_private and not is_of_all_projects(request)


def named_project(user: User, slug: str) -> Project:
    """Return the user's project with this slug; raises NotAMember."""
    if slug == PRIVATE:
        return private_project(user)
    last = chosen(user)
    if last.slug == slug:
        return last
    project = Project.objects.of(user).filter(slug=db_safe_text(slug[:60])).first()
    if project is None:
        raise NotAMember(UNKNOWN)
    return project


def chosen(user: User) -> Project:
    """Return the project that the user chose last; no query for a request's own user.

    One that is archived since is nobody's any more.
    """
    try:
        project = user.project_choice.membership.project
    except Choice.DoesNotExist:
        return private_project(user)
    return project if project.archived_at is None else private_project(user)


def choose(user: User, project: Project) -> None:
    """Remember that the user works in this project from now on; not in one that is archived."""
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
    """Middleware: refuses an address that names somebody else's project, before anything begins.

    A page that is opened at such an address chooses its project: what its other links lead to
    would otherwise be elsewhere.
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
    """Mark a view on which `?project=` narrows what is shown, also to projects of others.

    Nothing begins there, and the view itself decides what somebody sees.
    """
    _FILTERED.add(view)
    return view


def _is_filtered(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).func in _FILTERED
    except Resolver404:
        return False


_FILTERED: set[Callable[..., Any]] = set()
