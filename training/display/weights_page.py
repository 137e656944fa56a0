"""The context of the list of weights, and of each one's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from playground.display.tiles import cost_in_words
from runs.files.artifact_urls import artifact_url, thumbnail_url
from runs.models import Run
from training.models import Weights
from training.results.samples import samples_of
from training.results.siblings import siblings_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LISTED = 24
IN_ROW = 4  # samples per entry of the list
ON_PAGE = 24
ROWS = ("training__run__endpoint", "training__dataset")


def listing(user: User, query: str, page: int) -> dict[str, Any]:
    """Return one page of the list; the number of queries is constant."""
    weights = Weights.objects.of(user).select_related(*ROWS)
    if query:
        condition = Q(name__icontains=query) | Q(training__trigger_word__icontains=query)
        weights = weights.filter(condition)
    first = (page - 1) * LISTED
    rows = list(weights[first : first + LISTED + 1])
    samples = samples_of(user, rows[:LISTED])
    shown = [
        {
            "weights": row,
            "run": row.training.run,
            "cost": cost_in_words(row.training.run),
            "count": len(samples.get(row.address, [])),
            "samples": _pictures(samples.get(row.address, []), IN_ROW),
        }
        for row in rows[:LISTED]
    ]
    return {
        "rows": shown,
        "asked": query,
        "page": page,
        "more": page + 1 if len(rows) > LISTED else 0,
    }


def page(user: User, weights: Weights) -> dict[str, Any]:
    """Return the context of one file of weights: the models that take it, and its samples."""
    run = weights.training.run
    siblings = siblings_of(run.endpoint)
    return {
        "weights": weights,
        "run": run,
        "cost": cost_in_words(run),
        "training": weights.training,
        "siblings": [(sibling.endpoint, sibling.address_for(weights)) for sibling in siblings],
        "samples": _pictures(samples_of(user, [weights]).get(weights.address, []), ON_PAGE),
    }


def _pictures(runs: list[Run], most: int) -> list[dict[str, Any]]:
    """Return the first files of runs that have thumbnails."""
    pictures = []
    for run in runs[:most]:
        artifact = next(
            (artifact for artifact in run.artifacts.all() if artifact.kind in {"image", "video"}),
            None,
        )
        src = artifact_url(artifact) if artifact else ""
        pictures.append({"run": run, "still": thumbnail_url(artifact, src) if artifact else ""})
    return pictures
