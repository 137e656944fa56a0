"""The line of descent of a run: what it was made of, and what was made of its results.

Level by level, each with a few queries. Of what was made of it only runs that the user may read; of
what it was made of also that there is something, since the run's input says so anyway.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from library.descent.edges import Edge, edges_above, edges_below, unread_edges
from runs.models import Run, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

MAX_DEPTH = 12  # levels above a run, and below it
MAX_NODES = 60
MAX_ABOVE = 30  # of them; else many inputs would leave no room for what was made


@dataclass
class Lineage:
    """What is in the line, and of what it was made.

    `made_of` has all keys, the first things first; of what the user may not read, neither `runs`
    nor `uploads` has the key. `cut_above` were made of more than is here, and of `cut_below` more
    was made.
    """

    made_of: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=dict)
    runs: dict[uuid.UUID, Run] = field(default_factory=dict)
    uploads: dict[uuid.UUID, Upload] = field(default_factory=dict)
    cut_above: set[uuid.UUID] = field(default_factory=set)
    cut_below: set[uuid.UUID] = field(default_factory=set)


def lineage_of(run: Run, user: User | AnonymousUser) -> Lineage:
    """Return the line of descent of a run that the user may read."""
    lineage = Lineage({run.pk: []}, {run.pk: run})
    _add_above(lineage, run, user)
    lineage.made_of = dict(reversed(lineage.made_of.items()))
    _add_below(lineage, run, user)
    return lineage


def _add_above(lineage: Lineage, run: Run, user: User | AnonymousUser) -> None:
    level = [run.pk]
    for depth in range(MAX_DEPTH + 1):
        edges = edges_above(level)
        room = MAX_ABOVE - len(lineage.made_of) if depth < MAX_DEPTH else 0
        level = _add(lineage, (edge.source for edge in edges), room)
        lineage.cut_above |= {edge.run for edge in edges if not _connect(lineage, edge)}
        _load(lineage, level, user)
        level = [key for key in level if key in lineage.runs]
        if not level:
            return


def _add_below(lineage: Lineage, run: Run, user: User | AnonymousUser) -> None:
    level, unread = [run.pk], unread_edges(user)
    for depth in range(MAX_DEPTH + 1):
        edges = edges_below(level, user, unread)
        room = MAX_NODES - len(lineage.made_of) if depth < MAX_DEPTH else 0
        level = _add(lineage, (edge.run for edge in edges), room)
        lineage.cut_below |= {edge.source for edge in edges if not _connect(lineage, edge)}
        _load(lineage, level, user)
        if not level:
            return


def _add(lineage: Lineage, keys: Iterable[uuid.UUID], room: int) -> list[uuid.UUID]:
    """Add those that are new, as many as there is room for, and return them."""
    new = [key for key in dict.fromkeys(keys) if key not in lineage.made_of][: max(room, 0)]
    lineage.made_of |= {key: [] for key in new}
    return new


def _connect(lineage: Lineage, edge: Edge) -> bool:
    """Note what a run was made of, if both are here; whether they are."""
    is_here = edge.run in lineage.made_of and edge.source in lineage.made_of
    if is_here:
        lineage.made_of[edge.run].append(edge.source)
    return is_here


def _load(lineage: Lineage, keys: Collection[uuid.UUID], user: User | AnonymousUser) -> None:
    """Load the runs and uploads among these that the user may read."""
    if not keys:
        return
    readable = Run.objects.readable_by(user).with_endpoint().light()
    lineage.runs |= readable.prefetch_related("artifacts").in_bulk(keys)
    others = [key for key in keys if key not in lineage.runs]
    if not others:
        return
    shown = set(Upload.objects.shown_to(user).filter(pk__in=others).values_list("pk", flat=True))
    uploads = Upload.objects.filter(pk__in=others).select_related("project")
    lineage.uploads |= {
        upload.pk: upload for upload in uploads if upload.pk in shown or upload.is_readable_by(user)
    }
