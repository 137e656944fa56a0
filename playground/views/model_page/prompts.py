"""The list of recent prompts that a prompt field opens."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.limits.rate_limit import limit
from core.http.htmx import HtmxRequest
from playground.form import recent_prompts


@limit("search")
@require_safe
def recent(request: HtmxRequest) -> HttpResponse:
    """Render the user's latest texts for `?field=<name>` as options of a list."""
    texts = recent_prompts.recent_prompts(request.user, request.GET.get("field", ""))
    response = render(request, "playground/partials/_recent_prompts.html", {"texts": texts})
    response.headers["Cache-Control"] = "no-store"
    return response
