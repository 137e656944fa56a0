"""Chooses the project of a form that an address fills in from a run: the run's project.

Links of a run need not name the project: everybody shares the markup of boards and walls, and
people pass links on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from core.http.parameters import parse_uuid
from projects import current
from projects.models import Project
from projects.models.in_project import MAKERS
from runs.models import Run

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import AnonymousUser, User

    from core.http.htmx import HtmxRequest

View = Callable[..., HttpResponseBase]
_NAMED_BY = (
    "run",
    "use",
    "seed",
    "result",
    "pictures",
)  # parameters that begin with the id of a run


def project_of(user: User | AnonymousUser, run: uuid.UUID) -> Project | None:
    """Return the project of a run that the user sees, if they may begin something there."""
    lives_in = Run.objects.kept().shown_to(user).filter(pk=run).values("project")
    making = {"memberships__user_id": user.pk, "memberships__role__in": MAKERS}
    return Project.objects.active().filter(pk__in=lives_in, **making).first()


def in_place_of_run(view: View) -> View:
    """Redirect a page whose address names a run and no project to the run's project."""

    @wraps(view)
    def respond(request: HtmxRequest, *args: Any, **named: Any) -> HttpResponseBase:
        project = None if _names_a_project(request) else _project_named(request)
        if project is None or project == current.current(request):
            return view(request, *args, **named)
        query = request.GET.copy()
        query[current.PARAMETER] = project.key
        return redirect(f"{request.path}?{query.urlencode()}")

    return respond


def _names_a_project(request: HtmxRequest) -> bool:
    return request.method == "POST" or bool(request.htmx) or current.PARAMETER in request.GET


def _project_named(request: HtmxRequest) -> Project | None:
    texts = (request.GET.get(name, "").partition("/")[0] for name in _NAMED_BY)
    run = next(filter(None, map(parse_uuid, texts)), None)
    return project_of(request.user, run) if run else None
