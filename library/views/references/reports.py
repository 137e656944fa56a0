"""Messages about pictures that were not added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from library.references.pictures import Added

NAMED = 8  # refusals that are said one by one


def report_added(request: HtmxRequest, added: Added) -> None:
    """Queue messages for the next page: which pictures were not added, and why."""
    for sentence in added.refusals[:NAMED]:
        messages.warning(request, sentence[:300])
    if len(added.refusals) > NAMED:
        messages.warning(request, f"{len(added.refusals) - NAMED} more were not added either.")
