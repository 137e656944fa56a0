"""Which runs have which uploads, and results of which runs, as inputs: for some runs in one query.

A worker reads a run's arguments a moment after the run was made (`runs/models/input_file.py`);
until then they are read here.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import TextField
from django.db.models.functions import Cast

from runs.files.input_references import sources_in
from runs.models import InputFile, Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from runs.models.querysets import RunQuerySet

MAX_EDGES = 500  # of one level
MAX_UNREAD = 50  # runs whose arguments were not read yet: the newest


class Edge(NamedTuple):
    """A run, and an upload or another run that it was made of."""

    run: uuid.UUID
    source: uuid.UUID


def edges_above(runs: Collection[uuid.UUID]) -> list[Edge]:
    """Return what these runs were made of."""
    rows = InputFile.objects.filter(run__in=runs).order_by("pk")
    pairs = list(rows.values_list("run_id", "source")[:MAX_EDGES])
    unread = Run.objects.filter(pk__in=[run for run, source in pairs if source is None])
    edges = [Edge(run, source) for run, source in pairs if source is not None]
    return _distinct(edges + _read(unread))


def edges_below(
    sources: Collection[uuid.UUID], user: User | AnonymousUser, unread: Iterable[Edge]
) -> list[Edge]:
    """Return which runs that the user may read were made of these, oldest first.

    `unread` are the edges of runs whose arguments were not read yet.
    """
    runs = Run.objects.readable_by(user).filter(input_files__source__in=sources)
    rows = runs.order_by("created_at", "pk").values_list("pk", "input_files__source")
    edges = [Edge(run, source) for run, source in rows[:MAX_EDGES] if source is not None]
    return _distinct(edges + [edge for edge in unread if edge.source in sources])


def unread_edges(user: User | AnonymousUser) -> list[Edge]:
    """Return the edges of runs that the user may read and no worker has read yet, oldest first."""
    unread = InputFile.objects.filter(source=None)
    runs = Run.objects.readable_by(user).filter(pk__in=unread.values("run"))
    return _read(runs.order_by("-created_at")[:MAX_UNREAD])[::-1]


def _read(runs: RunQuerySet) -> list[Edge]:
    texts = runs.annotate(arguments_text=Cast("arguments", TextField()))
    rows = texts.values_list("pk", "arguments_text")
    return [Edge(run, source) for run, text in rows for source in sorted(sources_in(text))]


def _distinct(edges: Iterable[Edge]) -> list[Edge]:
    """Return each edge once, and none from a run to itself."""
    return list(dict.fromkeys(edge for edge in edges if edge.run != edge.source))
