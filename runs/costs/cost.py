"""Estimates the cost of runs from the model's price, the arguments and earlier bills."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import BigAutoField

from catalog.models import Endpoint
from catalog.pricing import price_of
from catalog.schema_versions import version_of
from core.db.prepared_queries import Param, PreparedQuery
from fal.messages.metrics import inference_s
from runs.models import Artifact, Run, Upload
from schemas.estimate import Estimate, History, Media, Model, estimate
from schemas.estimate.amounts import decimal
from schemas.estimate.settings import NO_MEDIA

LATEST = 40  # newest runs of a model from which its medians are computed
_OUT = "out:"
_ARTIFACT = re.compile(r"/runs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/artifacts/(\d{1,6})/$")
_UPLOAD = re.compile(r"/uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
_MOST_FILES = 200  # input files of one call whose size and length are looked up

RunInput = tuple[Endpoint, Any]  # a model, and the arguments of a run
Known = Mapping[str, Media]


def estimate_run(endpoint: Endpoint, arguments: Any) -> Estimate:
    """Return the expected cost of a run with these arguments. At most three queries."""
    return estimate_runs([(endpoint, arguments)])[0]


def estimate_runs(asked: Sequence[RunInput], known: Known = NO_MEDIA) -> list[Estimate]:
    """Return the expected cost of each of these runs, in order.

    `known` maps addresses of input files to what the caller knows of them (`files/input_shape.py`).
    One query for the latest bills of each model whose price depends on them; one each for the
    results and the uploads among the arguments.
    """
    texts = _texts([arguments for endpoint, arguments in asked if endpoint.unit_price_usd], 0)
    media = {**known, **_measured(set(texts))}
    found = [_estimate(endpoint, arguments, None, media) for endpoint, arguments in asked]
    open_ones = {
        endpoint.pk
        for (endpoint, _), one in zip(asked, found, strict=True)
        if endpoint.unit_price_usd and (one.high is None or _is_by_time(endpoint))
    }
    past = histories(open_ones) if open_ones else {}
    return [
        _estimate(endpoint, arguments, past[endpoint.pk], media) if endpoint.pk in past else one
        for (endpoint, arguments), one in zip(asked, found, strict=True)
    ]


def histories(endpoints: Iterable[int]) -> dict[int, History]:
    """Return the billed units and durations of these models' latest succeeded runs, by primary key.

    Models without such runs are left out.
    """
    latest = {pk: _LATEST_BILLS.all(endpoint=pk) for pk in endpoints}
    return {pk: _history(bills) for pk, bills in latest.items() if bills}


# One query for each model reads forty rows of its index; one for all would number every run.
_LATEST_BILLS = PreparedQuery(
    lambda: (
        Run.objects.filter(endpoint_id=Param("endpoint", BigAutoField()), state=Run.State.SUCCEEDED)
        .order_by("-created_at")
        .values_list("billable_units", "metrics")[:LATEST]
    )
)


def _history(listed: list[tuple[str, Any]]) -> History:
    billed = [value for units, _ in listed if (value := decimal(units)) is not None]
    timed = [value for _, one in listed if (value := _seconds(one)) is not None]
    return History(
        len(billed) or len(timed),
        median(billed) if billed else None,
        median(timed) if timed else None,
    )


def _seconds(metrics: Any) -> Decimal | None:
    return decimal(inference_s(metrics)) if isinstance(metrics, dict) else None


def _estimate(
    endpoint: Endpoint, arguments: Any, past: History | None, media: Mapping[str, Media]
) -> Estimate:
    root = version_of(endpoint).root
    model = Model(root, _makes(endpoint), endpoint.duration_estimate_s)
    return estimate(price_of(endpoint), arguments, model, past, media)


def _makes(endpoint: Endpoint) -> frozenset[str]:
    listed = endpoint.facts if isinstance(endpoint.facts, list) else []
    return frozenset(str(one)[len(_OUT) :] for one in listed if str(one).startswith(_OUT))


def _is_by_time(endpoint: Endpoint) -> bool:
    """Whether the price is per compute time, which earlier runs predict better than upstream."""
    return price_of(endpoint).is_by_compute_time


def _measured(addresses: Set[str]) -> dict[str, Media]:
    """Return size and length of results and of uploaded videos and audio files, by address."""
    return _results(addresses) | _uploads(addresses)


def _uploads(addresses: Set[str]) -> dict[str, Media]:
    keys = {one.string: uuid.UUID(one[1]) for one in map(_UPLOAD.match, addresses) if one}
    if not keys:
        return {}
    rows = Upload.objects.filter(pk__in=list(keys.values())[:_MOST_FILES], duration_s__isnull=False)
    known = {pk: Media(*measured) for pk, *measured in rows.values_list("pk", *Media._fields)}
    return {address: known[pk] for address, pk in keys.items() if pk in known}


def _results(addresses: Set[str]) -> dict[str, Media]:
    found = map(_ARTIFACT.match, addresses)
    places = {one.string: (uuid.UUID(one[1]), int(one[2])) for one in found if one}
    if not places:
        return {}
    runs = {run for run, _ in list(places.values())[:_MOST_FILES]}
    made = Artifact.objects.filter(run_id__in=runs).order_by()
    known = {
        (run, position): Media(*measured)
        for run, position, *measured in made.values_list("run_id", "position", *Media._fields)
    }
    return {address: known[place] for address, place in places.items() if place in known}


def _texts(value: Any, depth: int) -> Iterable[str]:
    if isinstance(value, str):
        if value.startswith("/") and len(value) < 300:
            yield value
    elif isinstance(value, dict | list) and depth < 8:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one, depth + 1)
