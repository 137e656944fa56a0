"""Budgets: the list, one, and the house's rules about sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


def index(request: HtmxRequest) -> HttpResponse:
    """List the budgets."""
    raise Http404


def new(request: HtmxRequest) -> HttpResponse:
    """Make a budget."""
    raise Http404


def budget(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show and change a budget."""
    raise Http404


def end(request: HtmxRequest, pk: int) -> HttpResponse:
    """End a budget, which can be undone."""
    raise Http404


def recovery(request: HtmxRequest, pk: int) -> HttpResponse:
    """Undo the end of a budget."""
    raise Http404


def rules(request: HtmxRequest) -> HttpResponse:
    """Show and change the rules about sums."""
    raise Http404
