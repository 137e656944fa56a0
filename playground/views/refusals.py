"""Answers a press that was refused: why, and what its user can do about it.

A form that is rendered again with what was typed shows the refusal beside it (`_refused.html`).
All other presses are answered here: with a page, or for htmx with what its page shows as a toast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from runs.start import confirmation
from runs.start.refused_starts import Forbidden, Unconfirmed

_NOT_REPEATED = {"csrfmiddlewaretoken", confirmation.FIELD}


def answer(
    request: HttpRequest,
    refused: Forbidden,
    fields: Mapping[str, Sequence[str]] | None = None,
    *,
    is_part: bool = False,
) -> HttpResponse:
    """Return why nothing was started, with a button that goes on where a yes is asked for.

    `fields` is what it posts again, by default what was posted. For htmx, and with `is_part`, it is
    a part of a page.
    """
    is_part = is_part or request.headers.get("HX-Request") == "true"
    template = "projects/_refused.html" if is_part else "refused.html"
    context = {"refused": refused, "again": again(request, refused, fields)}
    return render(request, template, context, status=refused.status)


def again(
    request: HttpRequest, refused: Forbidden, fields: Mapping[str, Sequence[str]] | None = None
) -> list[tuple[str, str]]:
    """Return the fields of a form that repeats a press, with the yes that was asked for."""
    if not isinstance(refused, Unconfirmed):
        return []
    posted = dict(request.POST.lists()) if fields is None else fields
    listed = [
        (name, value)
        for name, values in posted.items()
        if name not in _NOT_REPEATED
        for value in values
    ]
    return [*listed, (confirmation.FIELD, refused.answer)]


class AnswerRefusals:
    """Middleware: answers a refusal that a view has not answered itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal."""
        return answer(request, error) if isinstance(error, Forbidden) else None
