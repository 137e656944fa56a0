"""Which private files their owner has opened to everybody: asked for each time, stored nowhere.

A file is open while something that its owner shows to others names it: an example, a preset or flow
for the team, a link. It is closed again with the last of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from runs.models.form import Preset, Share
from runs.models.run import Run

Shown = Callable[[int], QuerySet[Any]]  # of an owner's rows, those that others may see
_SHOWN: list[tuple[Shown, str]] = [
    (lambda owner: Run.objects.examples().filter(user_id=owner), "arguments"),
    (lambda owner: Preset.objects.kept().filter(user_id=owner, is_shared=True), "arguments"),
    (lambda owner: Share.objects.filter(user_id=owner, opens_files=True), "arguments"),
]


def register(shown: Shown, field: str) -> None:
    """Register rows whose JSON `field` opens the files of the rows' owner that it names."""
    _SHOWN.append((shown, field))


def texts_naming(owner_id: int, prefix: str) -> list[str]:
    """Return the JSON texts by which the owner opens addresses with this prefix. One query."""
    first, *others = (
        shown(owner_id)
        .annotate(opens=Cast(field, TextField()))
        .filter(opens__contains=prefix)
        .order_by()
        .values_list("opens", flat=True)
        for shown, field in _SHOWN
    )
    return [*first.union(*others, all=True)]
