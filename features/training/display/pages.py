"""The contexts of a data set's page, of the list of weights, and of their pages."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from features.training.data import packing
from features.training.data.checks import counts_of, findings_of, noun
from features.training.data.items import items_of, kept
from features.training.models import Dataset, Weights
from features.training.results.siblings import siblings_of
from projects.rights import Rights
from runs.costs import known_costs
from runs.files.artifact_urls import artifact_url, thumbnail_url
from runs.models import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from runs.models.querysets import RunQuerySet

FILES_ON_PAGE = 48
READ = 200  # newest runs that are searched, in one query
IN_ROW = 4  # samples per entry of the list
ON_PAGE = 24
ROWS = ("training__run__endpoint", "training__run__charge", "training__dataset", "user")


def cards(rows: Iterable[Weights], runs: RunQuerySet) -> list[dict[str, Any]]:
    """Return the list's context of each of the weights, with their samples among these runs.

    The number of queries is constant.
    """
    rows = list(rows)
    samples = samples_of(runs, rows)
    return [
        {
            "weights": row,
            "run": row.training.run,
            "dataset": dataset_of(row),
            "cost": known_costs.briefly(row.training.run),
            "count": len(samples.get(row.address, [])),
            "samples": _pictures(samples.get(row.address, []), IN_ROW),
        }
        for row in rows
    ]


def page_context(user: User, weights: Weights) -> dict[str, Any]:
    """Return the context of one file of weights: the models that take it, and its samples.

    Samples are runs of its project.
    """
    run, project = weights.training.run, weights.project
    runs = Run.objects.kept().in_project(project, user)
    rights = Rights(user, weights)
    siblings = siblings_of(run.endpoint)
    return {
        "weights": weights,
        "run": run,
        "cost": known_costs.briefly(run),
        "training": weights.training,
        "dataset": dataset_of(weights),
        "may_change": rights.may_change,
        "may_delete": rights.may_remove,
        "siblings": [(sibling.endpoint, sibling.address_for(weights)) for sibling in siblings],
        "samples": _pictures(samples_of(runs, [weights]).get(weights.address, []), ON_PAGE),
    }


def dataset_of(weights: Weights) -> Dataset | None:
    """Return the training's data set, if everybody who sees the weights sees it."""
    dataset = weights.training.dataset
    if dataset is None or dataset.project_id != weights.project_id:
        return None
    is_as_open = not dataset.is_hidden or (weights.is_hidden and dataset.user_id == weights.user_id)
    return dataset if is_as_open else None


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


def samples_of(runs: RunQuerySet, weights: Sequence[Weights]) -> dict[str, list[Run]]:
    """Return the newest runs that have these weights as input, by the weights' address."""
    if not weights:
        return {}
    addresses = [f'"{row.address}"' for row in weights]
    is_made = Q()
    for address in addresses:
        is_made |= Q(arguments_text__contains=address)
    done_runs = runs.filter(state=Run.State.SUCCEEDED)
    runs = done_runs.annotate(arguments_text=Cast("arguments", TextField())).filter(is_made)
    runs = runs.select_related("endpoint").with_artifacts().order_by("-created_at")
    samples: dict[str, list[Run]] = defaultdict(list)
    for run in runs.light("arguments")[:READ]:
        text = json.dumps(run.arguments)
        for address in addresses:
            if address in text:
                samples[address.strip('"')].append(run)
    return dict(samples)


def dataset_context(user: User, dataset: Dataset, page: int) -> dict[str, Any]:
    """Return one page of the files, with the checks of all files."""
    rights = Rights(user, dataset)
    items = items_of(dataset.files)
    kept_items = kept(items)
    rules = packing.rules_for(dataset.endpoint)
    pages = max(1, -(-len(kept_items) // FILES_ON_PAGE))
    page = min(max(page, 1), pages)
    checked: dict[str, Any] = {
        "dataset": dataset,
        "endpoint": dataset.endpoint,
        "items": kept_items[(page - 1) * FILES_ON_PAGE : page * FILES_ON_PAGE],
        "removed": [item for item in items if item.is_removed][-FILES_ON_PAGE:],
        "rules": rules,
        "page": page,
        "pages": pages,
        "trained_weights": _made(user, dataset),
        "may_change": rights.may_change,
        "why_not": rights.why_not,
        "may_delete": rights.may_remove,
    }
    if rules:
        counts = counts_of(kept_items, rules)
        checked |= {
            "counts": counts,
            "examples_text": noun(rules, counts.examples),
            "findings": findings_of(kept_items, rules),
        }
        checked["is_ready"] = not any(finding.is_blocking for finding in checked["findings"])
    return checked


def _made(user: User, dataset: Dataset) -> list[Weights]:
    """Return the newest weights made from it, in its project."""
    weights = Weights.objects.kept().in_project(dataset.project, user)
    return list(weights.filter(training__dataset=dataset)[:12])
