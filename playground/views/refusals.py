"""Answers a refused press with the reason, and with what its user can do about it.

A form that is rendered again with its contents shows the refusal itself (`_refused.html`). All
other presses are answered here: with a page, or for htmx with a part that appears as a toast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from core.http.posts import CSRF, controls
from runs.start import confirmation
from runs.start.refused_starts import Forbidden, Unconfirmed

_NOT_REPEATED = {CSRF, confirmation.FIELD}


def answer(
    request: HttpRequest,
    refusal: Forbidden,
    fields: Mapping[str, Sequence[str]] | None = None,
    *,
    is_part: bool = False,
) -> HttpResponse:
    """Return the reason of a refusal, with a button to confirm and continue if that is possible.

    The button posts `fields`, by default those of the request. For htmx, and with `is_part`, the
    response is a part of a page.
    """
    is_part = is_part or request.headers.get("HX-Request") == "true"
    template = "projects/_refused.html" if is_part else "refused.html"
    context = {"refused": refusal, "again": again(request, refusal, fields)}
    return render(request, template, context, status=refusal.status)


def again(
    request: HttpRequest, refusal: Forbidden, fields: Mapping[str, Sequence[str]] | None = None
) -> list[tuple[str, str]]:
    """Return the fields of a form that repeats a press with the requested confirmation."""
    if not isinstance(refusal, Unconfirmed):
        return []
    posted_fields = controls(request) if fields is None else fields
    posted_pairs = [
        (name, value)
        for name, values in posted_fields.items()
        if name not in _NOT_REPEATED
        for value in values
    ]
    return [*posted_pairs, (confirmation.FIELD, refusal.answer)]


class AnswerRefusals(MiddlewareMixin):
    """Middleware that answers a refusal if the view has not."""

    async_capable = False  # it is called in the thread of the view, as all of ours are

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal."""
        return answer(request, error) if isinstance(error, Forbidden) else None
