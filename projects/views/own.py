"""What the views of a project share: the project of an address, and refusals as messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404

from projects import current
from projects.locking import Refused

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from projects.models import Project


def of_member(request: HtmxRequest, slug: str) -> Project:
    """Return the user's project with this slug; 404 for who is no member, as if there were none."""
    try:
        return current.named_project(request.user, slug)
    except current.NotAMember as error:
        raise Http404(str(error)) from error


@contextmanager
def refusals_as_messages(request: HtmxRequest) -> Iterator[None]:
    """Show on the next page why something within was refused."""
    try:
        yield
    except Refused as refusal:
        messages.error(request, str(refusal))
