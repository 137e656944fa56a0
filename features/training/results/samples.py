"""Finds runs made with given weights."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from features.training.models import Weights
from runs.models import Run

if TYPE_CHECKING:
    from runs.models.querysets import RunQuerySet

READ = 200  # newest runs that are searched, in one query


def samples_of(runs: RunQuerySet, weights: Sequence[Weights]) -> dict[str, list[Run]]:
    """Return the newest runs that have these weights as input, by the weights' address."""
    if not weights:
        return {}
    addresses = [f'"{row.address}"' for row in weights]
    is_made = Q()
    for address in addresses:
        is_made |= Q(arguments_text__contains=address)
    done = runs.filter(state=Run.State.SUCCEEDED)
    runs = done.annotate(arguments_text=Cast("arguments", TextField())).filter(is_made)
    runs = runs.select_related("endpoint").with_artifacts().order_by("-created_at")
    samples: dict[str, list[Run]] = defaultdict(list)
    for run in runs.light("arguments")[:READ]:
        text = json.dumps(run.arguments)
        for address in addresses:
            if address in text:
                samples[address.strip('"')].append(run)
    return dict(samples)
