"""The context processor of every page: the upstream's name, the chosen theme, the cookies' port."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from features.library.wall import views
from playground.display import wall
from projects import current
from projects.models import Project
from runs.progress import current_upstream


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return `theme` (empty: the system's), `port`, and functions that a page calls if needed.

    These are `upstream`, `project`, in which the page starts things, and for the front page
    `latest_results` of the project and the user's `views_of_models`.
    """
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    return {
        "project": partial(_project, request),
        "theme": theme if theme in {"light", "dark"} else "",
        "port": settings.COOKIE_PORT,
        "upstream": current_upstream.get,
        "latest_results": partial(wall.latest, request),
        "views_of_models": partial(views.of_models, request),
    }


def _project(request: HttpRequest) -> Project | None:
    """Return the request's project; the user's last choice on the page that refuses the project."""
    if not request.user.is_authenticated:
        return None
    try:
        return current.current(request)
    except current.NotAMember:
        return current.chosen(request.user)
