"""Messages about files that were added."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest

from training.data.adding import Added

NAMED = 8


def report_added(request: HttpRequest, added: Added) -> None:
    """Queue messages for the next page: what was added, and what was not and why."""
    words = []
    if added.files:
        words.append(f"{len(added.files)} file{'' if len(added.files) == 1 else 's'}")
    if added.captions:
        words.append(f"{added.captions} caption{'' if added.captions == 1 else 's'}")
    if words:
        messages.info(request, f"{' and '.join(words)} added.")
    for sentence in added.skipped[:NAMED]:
        messages.warning(request, sentence[:300])
    if len(added.skipped) > NAMED:
        messages.warning(request, f"{len(added.skipped) - NAMED} more were not added either.")
    if not words and not added.skipped:
        messages.warning(request, "No file arrived. Choose some and try again.")
