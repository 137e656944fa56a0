"""The results of a project that are similar to one of them, grouped by similarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Prefetch

from playground.display import tiles
from runs.models import Artifact, Run
from runs.models.querysets import RunQuerySet
from runs.results import likeness

MOST_RESULTS = 500  # similar ones; the nearest of each run is shown
MOST_TILES = 36
SAME_FILE, NEARLY_SAME, ALIKE = "The same file", "Nearly the same", "Alike"


class Group(NamedTuple):
    """Runs with an equally similar result, each as a tile with that result."""

    title: str
    tiles: list[tiles.Tile]


class Alike(NamedTuple):
    """Similar results, one tile per run with its nearest result.

    `is_more` says that not all are shown, `is_cut` that not all were compared.
    """

    groups: list[Group]
    is_more: bool
    is_cut: bool


def alike(artifact: Artifact, runs: RunQuerySet) -> Alike:
    """Return the results of these runs that are similar to this one, nearest first.

    At most five queries, however many results.
    """
    fingerprint = bytes(artifact.fingerprint or b"")
    most = likeness.MOST_ON_PAGE
    rows = likeness.newest_fingerprints(runs, most + 1) if fingerprint else []
    compared = rows[:most]
    near = likeness.nearest(fingerprint, compared, likeness.ALIKE, MOST_RESULTS)
    distances = {row.pk: row.distance for row in near}
    equals = likeness.newest_equals(runs, artifact.digest, MOST_RESULTS) if artifact.digest else []
    distances |= dict.fromkeys(equals, -1)
    distances.pop(artifact.pk, None)
    best = _best_of_each_run(distances)
    nearest = best[:MOST_TILES]
    groups = _groups(runs, nearest, distances, artifact)
    return Alike(groups, len(best) > len(nearest), len(rows) > len(compared))


def _best_of_each_run(distances: dict[int, int]) -> list[int]:
    """Return the key of each run's nearest result, the nearest first."""
    runs = dict(Artifact.objects.filter(pk__in=distances).values_list("pk", "run_id"))
    best: dict[object, int] = {}
    for pk in sorted(runs, key=lambda pk: (distances[pk], -pk)):
        best.setdefault(runs[pk], pk)
    return list(best.values())


def _groups(
    runs: RunQuerySet, keys: Sequence[int], distances: dict[int, int], to: Artifact
) -> list[Group]:
    with_them = Run.objects.filter(artifacts__in=keys)
    loaded = runs.filter(pk__in=with_them.values("pk")).with_endpoint().light()
    nearest = Prefetch("artifacts", Artifact.objects.light().filter(pk__in=keys))
    by_title: dict[str, list[tuple[int, int, Run]]] = {}
    for run in loaded.select_related("charge").prefetch_related(nearest):
        result = run.artifacts.all()[0]
        distance = distances[result.pk]
        are_pictures = result.kind == to.kind == "image"
        by_title.setdefault(_title(distance, are_pictures=are_pictures), []).append(
            (distance, -result.pk, run)
        )
    return [
        Group(title, tiles.tiles_of(run for *_, run in sorted(by_title[title])))
        for title in (SAME_FILE, NEARLY_SAME, ALIKE)
        if title in by_title
    ]


def _title(distance: int, *, are_pictures: bool) -> str:
    """Return the title of a distance; films compare only by stills, so never as nearly the same."""
    if distance < 0:
        return SAME_FILE
    return NEARLY_SAME if are_pictures and distance <= likeness.NEARLY_SAME else ALIKE
