"""Reads the costs and outputs of a model's latest runs."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from fal.messages.status import inference_s
from features.spending.prices.measuring import PER_RUN, Sample
from runs.costs.cost import makes_of
from runs.models import Artifact, Charge, Run
from runs.models.ledger import SumState
from schemas.estimate import areas, parse_unit
from schemas.estimate.amounts import decimal
from schemas.estimate.cost import measure as amount_of
from schemas.estimate.settings import RunInputs, plain_values, read_settings
from schemas.estimate.units import Unit
from schemas.fields import Field

MOST_RUNS = 400  # the latest of a model, from which its price is measured
_NAMES = {"image": "images", "video": "videos", "audio": "audios", "mesh": "meshes"}
# Upstream's words for outputs.
_KINDS = {"picture": "image", "photo": "image", "clip": "video", "film": "video", "sound": "audio"}
_WORKED = "compute seconds"
_MEASURED: Mapping[str, str] = {
    "second": "seconds",
    "megapixel": "megapixels",
    "token": "tokens",
    "compute second": _WORKED,
}
_ASKED = ("images", "videos", "seconds", "megapixels")  # units that arguments may request
_MILLION = 1_000_000
_ONE = Decimal(1)
_USAGE = (
    ("total_tokens",),
    ("prompt_tokens", "completion_tokens"),
    ("input_tokens", "output_tokens"),
)


class _Output(NamedTuple):
    """One output file of a run."""

    kind: str
    width: int | None
    height: int | None
    duration_s: float | None


def defaults_of(endpoint: Endpoint) -> dict[str, str]:
    """Return the default arguments on which a price may depend."""
    return plain_values(read_settings(version_of(endpoint).root, {}))


def read_samples(endpoint: Endpoint) -> list[Sample]:
    """Return the latest successful runs at the model's current list price, with their costs.

    Only runs whose cost upstream has reported. Three queries, and one for the outputs if tokens
    are priced.
    """
    unit = parse_unit(endpoint.price_unit)
    charges = {charge.run_id: charge for charge in _charges(endpoint) if charge.run_id}
    columns = ("arguments", "metrics", *(("output",) if unit.kind == "token" else ()))
    runs = Run.objects.filter(pk__in=charges).light(*columns)
    files = _outputs(charges)
    root, makes = version_of(endpoint).root, makes_of(endpoint)
    return [
        _sample(_ReadRun(run, charges[run.pk], files.get(run.pk, ())), endpoint, unit, root, makes)
        for run in runs
    ]


def _charges(endpoint: Endpoint) -> Iterable[Charge]:
    """Return the charges of successful runs with a known cost at the current price."""
    is_billed = Q(billed__isnull=False) | Q(reported__isnull=False)
    settled = Charge.objects.filter(
        is_billed,
        endpoint=endpoint,
        state=SumState.SETTLED,
        run__state=Run.State.SUCCEEDED,
        unit_price=endpoint.unit_price_usd,
        price_unit=endpoint.price_unit,
    )
    return settled.order_by("-created_at")[:MOST_RUNS]


def _outputs(runs: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[_Output]]:
    by_run: dict[uuid.UUID, list[_Output]] = {}
    rows = Artifact.objects.filter(run_id__in=list(runs), kind__in=_NAMES).order_by()
    for run_id, *columns in rows.values_list("run_id", *_Output._fields):
        by_run.setdefault(run_id, []).append(_Output(*columns))
    return by_run


class _ReadRun(NamedTuple):
    """A run with its charge and its outputs."""

    run: Run
    charge: Charge
    outputs: Sequence[_Output]


def _sample(
    data: _ReadRun, endpoint: Endpoint, said_unit: Unit, root: Field, makes: frozenset[str]
) -> Sample:
    settings = read_settings(root, data.run.arguments)
    inputs = RunInputs(settings, makes)
    requested = {unit: _by_arguments(parse_unit(unit), inputs) for unit in _ASKED}
    sizes = _made(data) | {unit: amount for unit, amount in requested.items() if amount}
    name = _said_name(said_unit, data.outputs)
    count = _by_arguments(said_unit, inputs) or sizes.get(name)
    amounts = {PER_RUN: _ONE} | {other: sizes[other] for other in sizes.keys() - {name, _WORKED}}
    list_price = None
    if count and not said_unit.lines:
        # Named as by upstream, so that both prices read alike: `1000 tokens`, `generations`.
        amounts[endpoint.price_unit] = count / said_unit.per
    if count and endpoint.unit_price_usd is not None:
        list_price = count / said_unit.per * endpoint.unit_price_usd
    return Sample(data.charge.amount or Decimal(), amounts, plain_values(settings), list_price)


def _made(data: _ReadRun) -> dict[str, Decimal]:
    """Return the known amounts of a run's output, by unit."""
    sizes = {_NAMES[kind]: Decimal(n) for kind, n in Counter(o.kind for o in data.outputs).items()}
    pictures = [output for output in data.outputs if output.kind == "image"]
    sides = [Decimal((output.width or 0) * (output.height or 0)) for output in pictures]
    if sides and all(sides):
        sizes["megapixels"] = sum(map(areas.whole, (area / _MILLION for area in sides)), Decimal())
    for kind in ("video", "audio"):
        lengths = [decimal(output.duration_s) for output in data.outputs if output.kind == kind]
        if lengths and all(lengths) and "seconds" not in sizes:
            sizes["seconds"] = sum(filter(None, lengths), Decimal())
    metrics = data.run.metrics
    if isinstance(metrics, dict) and (worked := decimal(inference_s(metrics))):
        sizes[_WORKED] = worked
    if "output" not in data.run.get_deferred_fields() and (tokens := _tokens(data.run.output)):
        sizes["tokens"] = tokens
    return sizes


def _tokens(output: Any) -> Decimal | None:
    """Return the number of tokens that a language model reports as read and written."""
    usage = output.get("usage") if isinstance(output, dict) else None
    if not isinstance(usage, dict):
        return None
    for names in _USAGE:
        counts = [decimal(usage.get(name)) for name in names]
        if any(counts) and None not in counts:
            return sum(filter(None, counts), Decimal())
    return None


def _said_name(unit: Unit, outputs: Sequence[_Output]) -> str:
    """Return the key of the list price's unit in `_made`; empty if that does not count it."""
    if unit.is_input:
        return ""
    if unit.kind == "output":
        kinds = [output.kind for output in outputs]
        kind = _KINDS.get(unit.noun, unit.noun)
        return _NAMES.get(kind if kind in kinds else next(iter(kinds), ""), "")
    return _MEASURED.get(unit.kind, "")


def _by_arguments(unit: Unit, inputs: RunInputs) -> Decimal | None:
    """Return the amount of a unit that the arguments request, if they are exact about it."""
    amount = amount_of(unit, inputs)
    return amount.low if amount and amount.is_exact else None
