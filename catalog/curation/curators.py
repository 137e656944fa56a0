"""Who curates: staff. For everybody else what only curators may do is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponseBase

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def curators_only(view: View) -> View:
    """A view that answers 404 to whoever is no curator."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        if not request.user.is_staff:
            raise Http404("Only curators do this.")
        return view(request, *args, **named)

    return guarded  # type: ignore[return-value]
