"""The list that a prompt's box opens."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from playground.form import prompts
from playground.views.runs import HtmxRequest


@require_safe
def recent(request: HtmxRequest) -> HttpResponse:
    """The person's latest texts for `?field=<name>`, as the options of a list."""
    texts = prompts.recent(request.user, request.GET.get("field", ""))
    response = render(request, "playground/partials/_recent_prompts.html", {"texts": texts})
    response.headers["Cache-Control"] = "no-store"
    return response
