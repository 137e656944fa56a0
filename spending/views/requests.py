"""Asking for more than a budget has left, and granting it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


def index(request: HtmxRequest) -> HttpResponse:
    """List what waits for the user's decision, and what the user has asked for."""
    raise Http404


def new(request: HtmxRequest) -> HttpResponse:
    """Ask for more, with a sentence."""
    raise Http404


def request_page(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a request; who may decide has two buttons."""
    raise Http404


def decide(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Grant or refuse a request."""
    raise Http404
