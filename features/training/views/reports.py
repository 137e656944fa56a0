"""Messages about files that were added."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest

from features.training.data.adding import AddResult

NAMED = 8


def report_added(request: HttpRequest, added: AddResult) -> None:
    """Queue messages for the next page: which files were added, and why others were not."""
    parts = []
    if added.files:
        parts.append(f"{len(added.files)} file{'' if len(added.files) == 1 else 's'}")
    if added.captions:
        parts.append(f"{added.captions} caption{'' if added.captions == 1 else 's'}")
    if parts:
        messages.info(request, f"{' and '.join(parts)} added.")
    for sentence in added.skipped[:NAMED]:
        messages.warning(request, sentence[:300])
    if len(added.skipped) > NAMED:
        messages.warning(request, f"{len(added.skipped) - NAMED} more were not added either.")
    if not parts and not added.skipped:
        messages.warning(request, "No file arrived. Choose some and try again.")
