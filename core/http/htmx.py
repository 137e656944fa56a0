"""The request type of views that htmx calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request from a logged-in user, with the attribute that django-htmx's middleware adds."""

    htmx: HtmxDetails
    user: User
