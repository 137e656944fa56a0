"""Estimates the cost of runs from the model's price, the arguments and earlier bills."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Q

from catalog.models import Endpoint
from catalog.pricing import is_priced, price_of
from catalog.schema_versions import version_of
from fal.messages.status import inference_s
from runs.models import Artifact, Run, Upload
from schemas.estimate import Estimate, History, Media, Model, estimate
from schemas.estimate.amounts import decimal
from schemas.estimate.settings import plain_values, read_settings

LATEST = 40  # newest runs of a model from which its medians are computed
_OUT = "out:"
_ARTIFACT = re.compile(r"/runs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/artifacts/(\d{1,6})/$")
_UPLOAD = re.compile(r"/uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
_MOST_FILES = 200  # input files of one call whose size and length are looked up

RunInput = tuple[Endpoint, Any]  # a model, and the arguments of a run


def estimate_run(endpoint: Endpoint, arguments: Any) -> Estimate:
    """Return the expected cost of a run with these arguments. At most three queries."""
    return estimate_runs([(endpoint, arguments)])[0]


def estimate_runs(run_inputs: Sequence[RunInput]) -> list[Estimate]:
    """Return the expected cost of each of these runs, in order.

    Queries the latest bills once per model whose amount is open, and the results and the uploads
    among the arguments once each.
    """
    texts = _texts([arguments for endpoint, arguments in run_inputs if is_priced(endpoint)], 0)
    media = _measured(set(texts))
    estimates = [_estimate(endpoint, arguments, None, media) for endpoint, arguments in run_inputs]
    open_ones = {
        endpoint.pk
        for (endpoint, _), estimated in zip(run_inputs, estimates, strict=True)
        if is_priced(endpoint) and estimated.high is None
    }
    past = histories(open_ones) if open_ones else {}
    return [
        _estimate(endpoint, arguments, past[endpoint.pk], media)
        if endpoint.pk in past
        else estimated
        for (endpoint, arguments), estimated in zip(run_inputs, estimates, strict=True)
    ]


def histories(endpoints: Iterable[int]) -> dict[int, History]:
    """Return the billed units and durations of these models' latest succeeded runs, by primary key.

    Models without such runs are left out.
    """
    latest = {pk: _latest_bills(pk) for pk in endpoints}
    return {pk: _history(bills) for pk, bills in latest.items() if bills}


def _latest_bills(endpoint: int) -> list[tuple[str, Any]]:
    """Read forty rows from the model's index; one query for all models would number every run."""
    succeeded = Run.objects.filter(endpoint_id=endpoint, state=Run.State.SUCCEEDED)
    latest = succeeded.order_by("-created_at")[:LATEST]
    return list(latest.values_list("billable_units", "metrics"))


def _history(rows: list[tuple[str, Any]]) -> History:
    billed = [value for units, _ in rows if (value := decimal(units)) is not None]
    timed = [value for _, metrics in rows if (value := _seconds(metrics)) is not None]
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
    model = Model(root, makes_of(endpoint), endpoint.duration_estimate_s)
    price = price_of(endpoint)
    if endpoint.measured_price is not None:
        if endpoint.measured_groups:
            price = price_of(endpoint, plain_values(read_settings(root, arguments)))
        # Bills count other units than a measured price does.
        past = past and past._replace(units=None)
    return estimate(price, arguments, model, past, media)


def makes_of(endpoint: Endpoint) -> frozenset[str]:
    """Return the media that a model produces, such as `image`."""
    facts = endpoint.facts if isinstance(endpoint.facts, list) else []
    return frozenset(str(fact)[len(_OUT) :] for fact in facts if str(fact).startswith(_OUT))


def _measured(addresses: Set[str]) -> dict[str, Media]:
    """Return size and length of results and uploads, by address."""
    return _results(addresses) | _uploads(addresses)


def _uploads(addresses: Set[str]) -> dict[str, Media]:
    keys = {match.string: uuid.UUID(match[1]) for match in map(_UPLOAD.match, addresses) if match}
    if not keys:
        return {}
    is_measured = Q(width__isnull=False) | Q(duration_s__isnull=False)
    rows = Upload.objects.filter(is_measured, pk__in=list(keys.values())[:_MOST_FILES])
    media = {pk: Media(*measured) for pk, *measured in rows.values_list("pk", *Media._fields)}
    return {address: media[pk] for address, pk in keys.items() if pk in media}


def _results(addresses: Set[str]) -> dict[str, Media]:
    matches = map(_ARTIFACT.match, addresses)
    places = {match.string: (uuid.UUID(match[1]), int(match[2])) for match in matches if match}
    if not places:
        return {}
    runs = {run for run, _ in list(places.values())[:_MOST_FILES]}
    artifacts = Artifact.objects.filter(run_id__in=runs).order_by()
    media = {
        (run, position): Media(*measured)
        for run, position, *measured in artifacts.values_list("run_id", "position", *Media._fields)
    }
    return {address: media[place] for address, place in places.items() if place in media}


def _texts(value: Any, depth: int) -> Iterable[str]:
    if isinstance(value, str):
        if value.startswith("/") and len(value) < 300:
            yield value
    elif isinstance(value, dict | list) and depth < 8:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item, depth + 1)
