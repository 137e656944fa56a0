"""The request type of views that htmx calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request of a logged-in user that passed django-htmx's middleware."""

    htmx: HtmxDetails
    user: User
