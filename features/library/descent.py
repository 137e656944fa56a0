"""The sources of a result and what was made of it: a tree with pictures and links."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from django.db.models import TextField
from django.db.models.functions import Cast, Substr
from django.urls import reverse

from playground.display import renderers
from runs.file_kinds import KINDS, kind_named
from runs.files.artifact_urls import thumbnail_url
from runs.files.input_references import sources_in
from runs.files.own_addresses import OUR_ADDRESS
from runs.models import InputFile, Run, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from runs.models.querysets import RunQuerySet

READ_CHARS = 20_000  # of each input, to find the results that it uses
Key = TypeVar("Key", bound=Hashable)
MAX_DEPTH = 12  # levels above a run, and below it
MAX_NODES = 60
MAX_ABOVE = 30  # nodes above the run, so that many inputs leave room for results
MAX_EDGES = 500  # of one level
MAX_UNREAD = 50  # newest runs whose arguments no worker has read yet


@dataclass(frozen=True)
class Node:
    """One result or upload of the line; if the user may not see it, `address` is empty."""

    branches: tuple[Node, ...]
    is_again: bool
    is_current: bool = False
    title: str = ""
    origin: str = ""  # the model's name, or “Uploaded”
    address: str = ""
    more_above: str = ""  # address of its further sources, if not all are in the tree
    more_below: str = ""  # address of further results made of it
    picture: str = ""
    kind: str = ""
    state: str = ""  # empty if it succeeded
    at: datetime | None = None

    @property
    def is_alone(self) -> bool:
        """Whether it is the only node of its line."""
        is_line = self.branches or self.more_above or self.more_below
        return self.is_current and not is_line


def nodes_in(lineage: Lineage, run: Run) -> list[Node]:
    """Return the roots of a run's line of descent, with the results made of them as branches."""
    used_positions = _used_results(lineage)
    return [_node(branch, lineage, used_positions, run) for branch in tree_of(lineage.made_of)]


def _used_results(lineage: Lineage) -> dict[uuid.UUID, set[int]]:
    """Return the positions of results that a line uses, by the results' runs."""
    beginning = Substr(Cast("arguments", TextField()), 1, READ_CHARS)
    texts = Run.objects.filter(pk__in=lineage.runs).annotate(input_beginning=beginning)
    used_positions: dict[uuid.UUID, set[int]] = defaultdict(set)
    for frame in lineage.uploads.values():
        if frame.origin_run and frame.origin_position is not None:
            used_positions[frame.origin_run].add(frame.origin_position)
    for text in texts.order_by().values_list("input_beginning", flat=True):
        for file in OUR_ADDRESS.finditer(text):
            if file["run"]:
                used_positions[uuid.UUID(file["run"])].add(int(file["position"]))
    return used_positions


def _node(
    branch: Branch[uuid.UUID], lineage: Lineage, positions: dict[uuid.UUID, set[int]], current: Run
) -> Node:
    key, is_first = branch.key, not branch.is_again
    is_current = is_first and key == current.pk
    run, upload = lineage.runs.get(key), lineage.uploads.get(key)
    line = reverse("library:run-descent", args=[key])
    input_page = current.get_absolute_url() if is_current else line
    uses_page = f"{reverse('library:runs')}?q={key}" if is_current else line
    return Node(
        branches=tuple(_node(below, lineage, positions, current) for below in branch.branches),
        is_again=branch.is_again,
        is_current=is_current,
        more_above=input_page if is_first and key in lineage.cut_above else "",
        more_below=uses_page if is_first and key in lineage.cut_below else "",
        **(_of_run(run, positions[key]) if run else _of_upload(upload) if upload else {}),
    )


def _of_run(run: Run, positions: set[int]) -> dict[str, Any]:
    results = renderers.artifacts_with_urls(run)
    results.sort(
        key=lambda view: (view.artifact.position not in positions, not view.artifact.is_starred)
    )
    stills = (thumbnail_url(view.artifact, view.src) for view in results)
    return {
        "title": run.title or run.endpoint.name,
        "origin": run.endpoint.name if run.title else "",
        "address": run.get_absolute_url(),
        "picture": next(filter(None, stills), ""),
        "kind": _label(results[0].artifact.kind) if results else "",
        "state": "" if run.state == Run.State.SUCCEEDED else run.state_word,
        "at": run.created_at,
    }


def _of_upload(upload: Upload) -> dict[str, Any]:
    is_picture = upload.content_type.startswith("image/")
    kind = upload.content_type.partition("/")[0]
    return {
        "title": upload.file_name,
        "origin": "Uploaded"
        if upload.origin_at_s is None
        else f"The frame at {upload.origin_at_s:g} s",
        "address": upload.get_absolute_url(),
        "picture": upload.get_absolute_url() if is_picture else "",
        "kind": kind_named(kind).label,
        "at": upload.created_at,
    }


# Arranges sources and results as a tree, with the first sources as roots.


@dataclass(frozen=True)
class Branch(Generic[Key]):
    """A key and the keys made of it; `is_again` if an earlier place shows its branches."""

    key: Key
    branches: tuple[Branch[Key], ...]
    is_again: bool = False


def tree_of(made_of: Mapping[Key, Iterable[Key]]) -> list[Branch[Key]]:
    """Return the tree for keys mapped to their sources, all of which are keys as well.

    Branches keep the order of the keys. A key with several sources is below each of them, with its
    own branches only at the first place. A cycle is cut where the tree enters it.
    """
    results: dict[Key, list[Key]] = {key: [] for key in made_of}
    for key, sources in made_of.items():
        for source in sources:
            results[source].append(key)
    shown_keys: set[Key] = set()

    def branch(key: Key) -> Branch[Key]:
        if key in shown_keys:
            return Branch(key, (), is_again=True)
        shown_keys.add(key)
        return Branch(key, tuple(branch(below) for below in results[key]))

    roots = [branch(key) for key, sources in made_of.items() if not list(sources)]
    return roots + [branch(key) for key in made_of if key not in shown_keys]


@dataclass
class Lineage:
    """The runs and uploads of a line, and their sources; a frame's source is its film.

    `made_of` has all keys, the first sources first; `runs` and `uploads` have only those that the
    user may read. `cut_above` have sources that are not here, `cut_below` results that are not
    here.
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
        edges = edges_above(level) + _edges_to_films(lineage, level)
        room = MAX_ABOVE - len(lineage.made_of) if depth < MAX_DEPTH else 0
        level = _add(lineage, (edge.source for edge in edges), room)
        lineage.cut_above |= {edge.run for edge in edges if not _connect(lineage, edge)}
        _load(lineage, level, user)
        level = [key for key in level if key in lineage.runs or key in lineage.uploads]
        if not level:
            return


def _edges_to_films(lineage: Lineage, keys: Collection[uuid.UUID]) -> list[Edge]:
    """Return the edges from the frames among these to the films that they were taken from."""
    frames = (lineage.uploads[key] for key in keys if key in lineage.uploads)
    return [Edge(frame.pk, frame.origin_run) for frame in frames if frame.origin_run]


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
    """Add the new keys, at most `room` of them, and return them."""
    new = [key for key in dict.fromkeys(keys) if key not in lineage.made_of][: max(room, 0)]
    lineage.made_of |= {key: [] for key in new}
    return new


def _connect(lineage: Lineage, edge: Edge) -> bool:
    """Record an edge if its run and its source are here; return whether they are."""
    is_here = edge.run in lineage.made_of and edge.source in lineage.made_of
    if is_here:
        lineage.made_of[edge.run].append(edge.source)
    return is_here


def _load(lineage: Lineage, keys: Collection[uuid.UUID], user: User | AnonymousUser) -> None:
    """Load the runs and uploads among these that the user may read."""
    if not keys:
        return
    readable = Run.objects.readable_by(user).with_endpoint().light()
    lineage.runs |= readable.with_artifacts().in_bulk(keys)
    rest = [key for key in keys if key not in lineage.runs]
    if not rest:
        return
    visible = set(
        Upload.objects.kept().shown_to(user).filter(pk__in=rest).values_list("pk", flat=True)
    )
    uploads = Upload.objects.filter(pk__in=rest).select_related("project")
    lineage.uploads |= {
        file.pk: file for file in uploads if file.pk in visible or file.is_readable_by(user)
    }


# The uploads, and the runs with results, that runs have as inputs: one query for several runs.
#
# A worker reads a run's arguments a moment after the run was made (`runs/models/input_file.py`);
# until then they are read here.


class Edge(NamedTuple):
    """A run, and an upload or another run that it was made of; or a frame, and its film's run."""

    run: uuid.UUID
    source: uuid.UUID


def edges_above(runs: Collection[uuid.UUID]) -> list[Edge]:
    """Return the edges from these runs to their sources."""
    rows = InputFile.objects.filter(run__in=runs).order_by("pk")
    pairs = list(rows.values_list("run_id", "source")[:MAX_EDGES])
    unread = Run.objects.filter(pk__in=[run for run, source in pairs if source is None])
    edges = [Edge(run, source) for run, source in pairs if source is not None]
    return _distinct(edges + _read(unread))


def edges_below(
    sources: Collection[uuid.UUID], user: User | AnonymousUser, unread: Iterable[Edge]
) -> list[Edge]:
    """Return the edges from runs and frames that the user may read to these sources, oldest first.

    `unread` are the edges of runs whose arguments were not read yet.
    """
    runs = Run.objects.readable_by(user).filter(input_files__source__in=sources)
    rows = runs.order_by("created_at", "pk").values_list("pk", "input_files__source")
    frames = Upload.objects.kept().shown_to(user).filter(origin_run__in=sources)
    films = frames.order_by("created_at", "pk").values_list("pk", "origin_run")
    pairs = [*rows[:MAX_EDGES], *films[:MAX_EDGES]]
    edges = [Edge(made, source) for made, source in pairs if source is not None]
    return _distinct(edges + [edge for edge in unread if edge.source in sources])


def unread_edges(user: User | AnonymousUser) -> list[Edge]:
    """Return the edges of readable runs that no worker has read yet, oldest first."""
    unread = InputFile.objects.filter(source=None)
    runs = Run.objects.readable_by(user).filter(pk__in=unread.values("run"))
    return _read(runs.order_by("-created_at")[:MAX_UNREAD])[::-1]


def _read(runs: RunQuerySet) -> list[Edge]:
    texts = runs.annotate(arguments_text=Cast("arguments", TextField()))
    rows = texts.values_list("pk", "arguments_text")
    return [Edge(run, source) for run, text in rows for source in sorted(sources_in(text))]


def _distinct(edges: Iterable[Edge]) -> list[Edge]:
    """Return each edge once, without edges from a run to itself."""
    return list(dict.fromkeys(edge for edge in edges if edge.run != edge.source))


def _label(kind: str) -> str:
    """Return the label of a kind; empty for a text."""
    return KINDS[kind].label if kind in KINDS else ""
