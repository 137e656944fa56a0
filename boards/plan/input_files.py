"""Finds missing files among a plan's inputs before anything is sent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from boards.plan.plan import Plan, Trouble
from runs.models import Artifact, Upload
from runs.own_addresses import OUR_ADDRESS

_MAX_NAMED = 3


def missing_files(plan: Plan) -> list[Trouble]:
    """Return a trouble for each part of the form with missing files. At most two queries."""
    by_place: dict[str, set[str]] = {}
    for number, row in enumerate(plan.rows):
        for address in _our_addresses(row.values):
            by_place.setdefault(address, set()).add(f"row {number + 1}")
    for column in plan.columns:
        for address in _our_addresses(column.settings):
            by_place.setdefault(address, set()).add(column.endpoint.name)
    present = _present(by_place)
    missing = [address for address in by_place if address not in present]
    return [
        Trouble(
            "shared",
            f"A file of {_listed(by_place[address])} is no longer stored here. Choose it again.",
        )
        for address in missing[:_MAX_NAMED]
    ]


def _present(addresses: dict[str, set[str]]) -> set[str]:
    """Return the addresses among these that still have a file."""
    uploads: dict[uuid.UUID, str] = {}
    results: dict[tuple[uuid.UUID, int], str] = {}
    for address in addresses:
        if match := OUR_ADDRESS.fullmatch(address):
            if match["upload"]:
                uploads[uuid.UUID(match["upload"])] = address
            else:
                results[uuid.UUID(match["run"]), int(match["position"])] = address
    present: set[str] = set()
    if uploads:
        kept_uploads = Upload.objects.filter(pk__in=list(uploads)).values_list("pk", flat=True)
        present |= {uploads[pk] for pk in kept_uploads}
    if results:
        places = Q(pk__in=[])
        for run, position in results:
            places |= Q(run_id=run, position=position)
        stored = Artifact.objects.filter(places).exclude(state=Artifact.State.LOST)
        present |= {results[key] for key in stored.values_list("run_id", "position")}
    return present


def _our_addresses(value: Any) -> Iterator[str]:
    if isinstance(value, str) and OUR_ADDRESS.fullmatch(value):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _our_addresses(part)


def _listed(places: set[str]) -> str:
    named = sorted(places)
    more = f" and {len(named) - _MAX_NAMED} more" if len(named) > _MAX_NAMED else ""
    return ", ".join(named[:_MAX_NAMED]) + more
