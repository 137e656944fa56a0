"""Ends links that open a person's files to colleagues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.audit import trail
from playground.form import share_links

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

SHARES = "/shares/"  # the page that lists the links


@require_POST
def deletion(request: HtmxRequest, pk: str) -> HttpResponseBase:
    """End a link: its address is gone, and its files are no longer open."""
    link = get_object_or_404(share_links.links_of(request.user), pk=pk)
    with transaction.atomic():
        trail.record(request.user, "deleted", [link])
        link.delete()
    messages.success(request, "The link has ended, and your files in it are private again.")
    return redirect(SHARES)
