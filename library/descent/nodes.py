"""The line of descent as it is shown: a tree of results and uploads with pictures and links."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import TextField
from django.db.models.functions import Cast, Substr
from django.urls import reverse

from library.descent.lineage import Lineage, lineage_of
from library.descent.tree import Branch, tree_of
from playground.display import renderers
from playground.display.history import KINDS
from runs.files.artifact_urls import thumbnail_url
from runs.models import Run, Upload
from runs.own_addresses import OUR_ADDRESS

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

READ_CHARS = 20_000  # of each input, to find out which of several results was used


@dataclass(frozen=True)
class Node:
    """One result or upload of the line; without an address the user may not see it."""

    branches: tuple[Node, ...]
    is_again: bool
    is_current: bool = False
    title: str = ""
    origin: str = ""  # the model, or that it was uploaded
    address: str = ""
    more_above: str = ""  # where the rest is that it was made of, if there is more than is here
    more_below: str = ""  # likewise of what was made of it
    picture: str = ""
    kind: str = ""
    state: str = ""  # unless it went well
    at: datetime | None = None

    @property
    def is_alone(self) -> bool:
        """Whether nothing is in its line but itself."""
        is_line = self.branches or self.more_above or self.more_below
        return self.is_current and not is_line


def nodes_of(run: Run, user: User | AnonymousUser) -> list[Node]:
    """Return the first things of a run's line of descent, each with what was made of it."""
    lineage = lineage_of(run, user)
    used = _used_results(lineage.runs)
    return [_node(branch, lineage, used, run) for branch in tree_of(lineage.made_of)]


def _used_results(runs: Collection[uuid.UUID]) -> dict[uuid.UUID, set[int]]:
    """Return which results of runs are inputs of these runs, by their positions."""
    beginning = Substr(Cast("arguments", TextField()), 1, READ_CHARS)
    texts = Run.objects.filter(pk__in=runs).annotate(input_beginning=beginning)
    used: dict[uuid.UUID, set[int]] = defaultdict(set)
    for text in texts.order_by().values_list("input_beginning", flat=True):
        for file in OUR_ADDRESS.finditer(text):
            if file["run"]:
                used[uuid.UUID(file["run"])].add(int(file["position"]))
    return used


def _node(
    branch: Branch[uuid.UUID], lineage: Lineage, used: dict[uuid.UUID, set[int]], current: Run
) -> Node:
    key, is_first = branch.key, not branch.is_again
    is_current = is_first and key == current.pk
    run, upload = lineage.runs.get(key), lineage.uploads.get(key)
    line = reverse("library:run-descent", args=[key])
    input_page = current.get_absolute_url() if is_current else line
    uses_page = f"{reverse('library:runs')}?q={key}" if is_current else line
    return Node(
        branches=tuple(_node(below, lineage, used, current) for below in branch.branches),
        is_again=branch.is_again,
        is_current=is_current,
        more_above=input_page if is_first and key in lineage.cut_above else "",
        more_below=uses_page if is_first and key in lineage.cut_below else "",
        **(_of_run(run, used[key]) if run else _of_upload(upload) if upload else {}),
    )


def _of_run(run: Run, used: set[int]) -> dict[str, Any]:
    results = renderers.shown(run)
    results.sort(key=lambda one: (one.artifact.position not in used, not one.artifact.is_starred))
    stills = (thumbnail_url(result.artifact, result.src) for result in results)
    return {
        "title": run.title or run.endpoint.name,
        "origin": run.endpoint.name if run.title else "",
        "address": run.get_absolute_url(),
        "picture": next(filter(None, stills), ""),
        "kind": KINDS.get(results[0].artifact.kind, "") if results else "",
        "state": "" if run.state == Run.State.SUCCEEDED else run.state_word,
        "at": run.created_at,
    }


def _of_upload(upload: Upload) -> dict[str, Any]:
    is_picture = upload.content_type.startswith("image/")
    kind = upload.content_type.partition("/")[0]
    return {
        "title": upload.file_name,
        "origin": "Uploaded",
        "address": upload.get_absolute_url(),
        "picture": upload.get_absolute_url() if is_picture else "",
        "kind": KINDS.get(kind, KINDS["file"]),
        "at": upload.created_at,
    }
