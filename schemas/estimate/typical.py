"""A typical run: the quantities of an unchanged form, stored as facts, and their cost.

The facts are stored with the model's other ones, so that a list of models needs no schema:
`usual-outputs:4`, `usual-megapixels:0.786`, `usual-frames:81`, `usual-steps:28`, and
`default-duration:5` of `schemas.facts.measures`. Quantities that the schema does not give are
assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from schemas.estimate import areas, counts, lengths
from schemas.estimate.amounts import Amount, counted, decimal, exactly, plain
from schemas.estimate.cost import ONE, PER_RESULT, cost, rounded_up
from schemas.estimate.prices import Estimate, Price, unknown
from schemas.estimate.settings import RunInputs, read_settings
from schemas.estimate.units import Unit, parse_unit
from schemas.fields import Field

_USUAL, _LENGTH, _MAKES = "usual-", "default-duration", "out:"
_NAMES = {"outputs", "megapixels", "frames", "steps"}
_ASSUMED: Mapping[str, Decimal] = {
    "megapixels": Decimal("1.048576"),  # 1024 × 1024
    "seconds": Decimal(5),
    "heard seconds": Decimal(30),  # of input audio, and of audio to transcribe
    "steps": Decimal(28),
    "trained steps": Decimal(1000),
    "characters": Decimal(1000),  # about a minute of speech
    "words": Decimal(200),
    "tokens": Decimal(1000),
}
_ROUNDING = Decimal("0.0005")  # facts have three decimals: `usual-megapixels:1.049` is 1024 × 1024
_FRAMES_PER_S = Decimal(24)


class Usual(NamedTuple):
    """The quantities of an unchanged form, and the model's output media."""

    makes: frozenset[str] = frozenset()
    amounts: Mapping[str, Decimal] = {}


class Typical(NamedTuple):
    """The cost of a typical run, and what it makes in one or two words: `image`, `5 s`.

    `rate` is the price per second, if the cost depends on the length.
    """

    estimate: Estimate
    per: str
    rate: Decimal | None = None
    length_s: Decimal | None = None


def usual_facts(root: Field, makes: frozenset[str]) -> Iterator[str]:
    """Yield the quantities of an unchanged form as facts."""
    run_inputs = RunInputs(read_settings(root, {}), makes)
    amounts = {
        "outputs": counts.outputs(run_inputs),
        "megapixels": areas.output_area(run_inputs) if makes & {"image", "video"} else None,
        "frames": lengths.frame_count(run_inputs.settings) if "video" in makes else None,
        "steps": counts.steps(run_inputs),
    }
    for name, amount in amounts.items():
        if amount is not None and not amount.notes and amount.low != (name == "outputs"):
            yield f"{_USUAL}{name}:{plain(amount.low).replace(',', '')}"


def read_usual(facts: Iterable[str]) -> Usual:
    """Parse stored facts: the inverse of `usual_facts`."""
    makes, amounts = [], {}
    for fact in facts:
        key, _, value = fact.partition(":")
        name = "seconds" if key == _LENGTH else key.removeprefix(_USUAL)
        is_usual = key == _LENGTH or (key.startswith(_USUAL) and name in _NAMES)
        if is_usual and (amount := decimal(value)):
            amounts[name] = amount
        elif fact.startswith(_MAKES):
            makes.append(value)
    return Usual(frozenset(makes), amounts)


def typical(
    price: Price, usual: Usual, expected_s: float | None = None, seconds: float | None = None
) -> Typical:
    """What a typical run costs; `seconds`, if given, replaces the usual length."""
    unit = parse_unit(price.unit)
    if not price.unit_price:
        return Typical(cost(price, None), "")
    if unit.kind in {"billed", "other"}:
        return Typical(unknown(price.currency, "Only upstream counts these units."), "")
    if unit.kind == "compute second":
        estimated = cost(price, None, None, expected_s)
        return Typical(replace(estimated, low=estimated.usual, high=estimated.usual), "run")
    length = decimal(seconds) or _length(usual)
    amount = _amount(unit, usual, length)
    many = usual.amounts.get("outputs", ONE)
    if unit.kind not in PER_RESULT:
        return Typical(cost(price, amount), _per(unit, amount, many, usual))
    estimated = cost(price, amount.times(exactly(many, counted(many, "result"))))
    per = _per(unit, amount, many, usual)
    if unit.kind == "second" and not unit.is_input:
        rate = price.unit_price / unit.per * many
        return Typical(estimated, per, rate, length)
    return Typical(estimated, per)


def _amount(unit: Unit, usual: Usual, length: Decimal) -> Amount:
    """How much of the unit one result of a typical run uses."""
    amounts = usual.amounts
    frames = amounts.get("frames", length * _FRAMES_PER_S)
    if unit.kind == "second":
        return exactly(length, f"{plain(length)} s")
    if unit.kind == "megapixel":
        area = amounts.get("megapixels", _ASSUMED["megapixels"])
        if not _is_film(usual):
            area -= _ROUNDING
        picture = exactly(area, f"{plain(area)} MP")
        if _is_film(usual):
            return picture.times(exactly(frames, counted(frames, "frame")))
        return rounded_up(unit, picture)
    if unit.kind == "frame":
        return exactly(frames, counted(frames, "frame"))
    if unit.kind == "step":
        assumed = _ASSUMED["trained steps" if "lora" in usual.makes else "steps"]
        steps = amounts.get("steps", assumed)
        return exactly(steps, counted(steps, "step"))
    if unit.kind in {"character", "word", "token"}:
        count = _ASSUMED[f"{unit.kind}s"]
        return exactly(count, counted(count, unit.kind))
    many = amounts.get("outputs", ONE) if unit.kind == "output" else ONE
    return exactly(many, counted(many, unit.noun))


def _per(unit: Unit, amount: Amount, many: Decimal, usual: Usual) -> str:
    if unit.kind == "megapixel" or (unit.kind == "output" and many == ONE):
        noun = unit.noun if unit.kind == "output" else "video" if _is_film(usual) else "image"
        return noun if many == ONE else counted(many, noun)
    if unit.kind in {"run", "input"}:
        return unit.noun
    return (
        amount.words if many == ONE or unit.kind == "output" else f"{plain(many)} × {amount.words}"
    )


def _length(usual: Usual) -> Decimal:
    is_heard = bool(usual.makes & {"audio", "text"}) and not _is_film(usual)
    return usual.amounts.get("seconds", _ASSUMED["heard seconds" if is_heard else "seconds"])


def _is_film(usual: Usual) -> bool:
    return "video" in usual.makes
