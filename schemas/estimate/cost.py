"""The estimated cost of a run: the number of billing units that it uses, times the price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from core.formatting import duration, money
from core.formatting import unit as named_unit
from schemas.estimate import areas, counts, lengths
from schemas.estimate.amounts import Amount, counted, exactly, plain
from schemas.estimate.prices import MEASURED, Estimate, Price, unknown
from schemas.estimate.settings import NO_MEDIA, Media, RunInputs, read_settings
from schemas.estimate.units import Unit, parse_unit
from schemas.fields import Field, quantities

ONE = Decimal(1)
_BY_QUALITY = {"resolution", "quality", "tier", "mode"}


class Model(NamedTuple):
    """A model's input, its output media (`image`, `video`) and the run time upstream expects."""

    root: Field
    makes: frozenset[str] = frozenset()
    expected_s: float | None = None


class History(NamedTuple):
    """Medians over a model's succeeded runs: units billed by upstream, and working time."""

    runs: int = 0
    units: Decimal | None = None
    compute_s: Decimal | None = None


NO_HISTORY = History()


def estimate(
    price: Price,
    arguments: Any,
    model: Model,
    history: History | None = None,
    media: Mapping[str, Media] = NO_MEDIA,
) -> Estimate:
    """What a run with these arguments will cost; unset arguments use the schema's defaults.

    `media` holds known facts of input files, by their URL in the arguments. Total: any arguments
    give an estimate, possibly an unknown one, never a negative one.
    """
    run_inputs = RunInputs(read_settings(model.root, arguments), model.makes, media)
    unit = parse_unit(price.unit)
    amount = measure(unit, run_inputs)
    estimated = cost(price, amount, history, model.expected_s)
    if not estimated.low and estimated.usual is None:
        return estimated
    if price.note:
        estimated = replace(_with_note(estimated, price.note), source=MEASURED)
        return _with_note(replace(estimated, high=None), _OTHERS) if price.is_least else estimated
    if unit.lines and (other := _other_resolution(unit.lines, run_inputs)):
        note = f"The list price is for {unit.lines}; this run asks for {other}."
        return _with_note(replace(estimated, high=None), note)
    return _with_quality_note(estimated, run_inputs)


def measure(unit: Unit, run_inputs: RunInputs) -> Amount | None:
    """How much of a unit's kind a run uses; None if its settings do not determine it."""
    if unit.kind == "run":
        return exactly(ONE, "1 run")
    if unit.kind == "output":
        return counts.outputs(run_inputs, unit.noun)
    if unit.kind == "input":
        return counts.inputs(run_inputs, unit.noun)
    if unit.is_input and unit.kind in {"second", "megapixel"}:
        measure_input = lengths.input_seconds if unit.kind == "second" else areas.input_area
        input_amount = measure_input(run_inputs)
        return input_amount and rounded_up(unit, input_amount)
    if unit.noun == "segment":
        return Amount(ONE, None, "1 segment or more", ("Longer videos have several segments.",))
    measure_kind = MEASURES.get(unit.kind)
    if measure_kind is None:
        return None
    amount = measure_kind(run_inputs)
    if amount is None or unit.kind not in PER_RESULT:
        return amount
    if "video" not in run_inputs.makes:  # a film is billed by the pixels of all its frames
        amount = rounded_up(unit, amount)
    return amount.times(counts.outputs(run_inputs, run_inputs.noun))


def rounded_up(unit: Unit, amount: Amount) -> Amount:
    """The amount in whole megapixels, if the price is for these."""
    is_whole = unit.kind == "megapixel" and unit.per >= ONE
    return areas.billed(amount) if is_whole else amount


MEASURES = {
    "second": lengths.seconds,
    "megapixel": areas.megapixels,
    "frame": lengths.frames,
    "step": counts.steps,
    "character": counts.characters,
    "word": counts.count_words,
    "token": counts.tokens,
}
PER_RESULT = {"second", "megapixel", "frame"}  # multiplied by the number of results


def cost(
    price: Price,
    amount: Amount | None,
    history: History | None = None,
    expected_s: float | None = None,
) -> Estimate:
    """The cost of an amount. If the amount is open, `Estimate.usual` is what runs usually cost."""
    if price.unit_price is None or price.unit_price < 0 or not price.unit_price.is_finite():
        return unknown(price.currency, "Upstream states no price for this model.")
    if not price.unit_price:
        return Estimate(Decimal(), Decimal(), price.currency, ("Upstream charges nothing for it.",))
    unit, past = parse_unit(price.unit), history or NO_HISTORY
    if amount is not None and amount.high is not None:
        return _multiplied(price, amount, unit.per)
    if (usual := _usual(price, past, expected_s)) and (figure := usual.low) is not None:
        least = amount.low * price.unit_price / unit.per if amount else Decimal()
        return replace(usual, low=min(least, figure), high=None, usual=figure)
    if amount is not None:
        return _multiplied(price, amount, unit.per)
    return unknown(price.currency, _per(price), _REASONS.get(unit.kind, _UNCOUNTED))


_OTHERS = "No run with these settings was measured: it may cost more."
_UNCOUNTED = "How many of them a run uses is known only once one has succeeded here."
_REASONS = {
    "second": "How long the result will be is not known.",
    "compute second": "How long the model works is not known: no run has succeeded here yet.",
    "megapixel": "How large the result will be is not known.",
    "character": "There is no text yet.",
    "word": "There is no text yet.",
    "token": "There is no text yet.",
    "input": "There is no input file yet.",
}


def _usual(price: Price, past: History, expected_s: float | None) -> Estimate | None:
    """What runs of the model usually cost, by earlier bills, else by the model's working time."""
    if past.units is not None:
        text = f"{_billed(past.units, price.unit)} ({_median(past)})"
        return _multiplied(price, exactly(past.units, text), ONE)
    unit = parse_unit(price.unit)
    worked = _compute_time(past, expected_s) if unit.kind == "compute second" else None
    return _multiplied(price, worked, unit.per) if worked else None


def _compute_time(past: History, expected_s: float | None) -> Amount | None:
    """The model's working time from earlier runs, else upstream's estimate."""
    if past.compute_s is not None:
        return exactly(past.compute_s, f"{duration(float(past.compute_s))} ({_median(past)})")
    if expected_s and 0 < expected_s < quantities.LONGEST_S:
        text = f"{duration(expected_s)} (as upstream expects)"
        return exactly(Decimal(str(expected_s)), text)
    return None


def _median(past: History) -> str:
    return f"the median of {past.runs} earlier runs" if past.runs > 1 else "as the earlier run"


def _billed(units: Decimal, words: str) -> str:
    """`2 images`; units counted in thousands stay a number: `1.2 × 1,000 tokens`."""
    noun = named_unit(words)
    return f"{plain(units)} × {noun}" if noun[:1].isdigit() else counted(units, noun)


def _multiplied(price: Price, amount: Amount, per: Decimal) -> Estimate:
    unit_price = (price.unit_price or Decimal()) / per
    high = None if amount.high is None else amount.high * unit_price
    line = (
        f"{amount.words} × {_per(price) if per != 1 else money(price.unit_price, price.currency)}"
    )
    return Estimate(amount.low * unit_price, high, price.currency, (line, *amount.notes))


def _per(price: Price) -> str:
    return f"{money(price.unit_price, price.currency)} per {named_unit(price.unit)}"


def _other_resolution(lines: str, run_inputs: RunInputs) -> str:
    """The requested resolution if it differs from the unit's."""
    for setting in run_inputs.settings:
        if setting.field.name == "resolution" and isinstance(setting.value, str):
            return "" if setting.value.lower() == lines else setting.value[:20]
    return ""


def _with_quality_note(estimated: Estimate, run_inputs: RunInputs) -> Estimate:
    """Add a warning if a changed setting often affects the price."""
    for setting in run_inputs.settings:
        field, value = setting.field, setting.value
        is_other = not setting.is_default and field.has_default and value != field.default
        if is_other and field.name in _BY_QUALITY and isinstance(value, str):
            return _with_note(
                estimated, f"Upstream may charge more or less for {field.name} {value[:40]}."
            )
    return estimated


def _with_note(estimated: Estimate, note: str) -> Estimate:
    return replace(estimated, basis=(*estimated.basis, note))
