"""The dialog that jumps anywhere, opened by ⌘K or Ctrl+K on every page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from playground import jumping


@require_GET
def jump(request: HttpRequest) -> HttpResponse:
    """The dialog; its script asks again with `?q=` and takes the list alone."""
    text = request.GET.get("q", "")
    groups = jumping.groups(request.user, text)  # type: ignore[arg-type]
    response = render(request, "playground/jump.html", {"groups": groups, "q": text})
    response.headers["Cache-Control"] = "no-store"
    return response
