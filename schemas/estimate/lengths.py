"""The length of a run's video or audio, in seconds and frames."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from schemas.estimate.amounts import Amount, counted, decimal, exactly, plain
from schemas.estimate.counts import texts
from schemas.estimate.settings import RunInputs, Setting
from schemas.fields import Field, quantities

# Without a frame rate in the schema: Wan makes 16 frames a second, others up to 30.
_RATES = (Decimal(16), Decimal(30))  # frames per second if no field sets them
_SPOKEN_PER_S = (Decimal(12), Decimal(18))  # characters that a voice speaks per second
_LONGEST_S = 7200


def seconds(run_inputs: RunInputs) -> Amount | None:
    """The length of the result by its fields, else by the input or the text; None if unknown."""
    return (
        _shots(run_inputs.settings)
        or _duration(run_inputs.settings)
        or _by_frames(run_inputs.settings)
        or input_seconds(run_inputs)
        or _spoken(run_inputs)
    )


def frames(run_inputs: RunInputs) -> Amount | None:
    """The number of frames, by their field, else by length and frame rate."""
    if amount := frame_count(run_inputs.settings):
        return amount
    length, rate = seconds(run_inputs), _rate(run_inputs.settings)
    if length is None or length.high is None:
        return None
    low, high = (rate, rate) if rate else (_RATES[0], _RATES[1])
    least, most = (length.low * low).to_integral_value(), (length.high * high).to_integral_value()
    text = counted(most, "frame") if least == most else f"{plain(least)} to {plain(most)} frames"
    return Amount(least, most, text, length.notes)


def input_seconds(run_inputs: RunInputs) -> Amount | None:
    """The length of the input videos, else of the input audio; None if unknown."""
    lengths: dict[str, list[tuple[Decimal, Decimal]]] = {"video": [], "audio": []}
    for field, address in run_inputs.files():
        media = run_inputs.media.get(address)
        length = decimal(media.duration_s) if media else None
        if media and length and field.media in lengths:
            shortest = decimal(media.shortest_s)
            lengths[field.media].append((length if shortest is None else shortest, length))
    ranges = lengths["video"] or lengths["audio"]
    if not ranges:
        return None
    least, most = (sum(edge, Decimal()) for edge in zip(*ranges, strict=True))
    if least == most:
        return exactly(most, f"{plain(most)} s of input")
    text = f"{plain(least)} to {plain(most)} s of input"
    return Amount(least, most, text, ("The file's header and its streams differ.",))


def _duration(settings: Iterable[Setting]) -> Amount | None:
    for setting in settings:
        scale = quantities.duration_scale(setting.field)
        if scale is None:
            continue
        value = quantities.figure(setting.value)
        # kling/v2.1: `duration` "5", a text. A value such as `auto` leaves it to the model.
        if value and value * scale <= _LONGEST_S:
            length = Decimal(str(round(value * scale, 3)))
            return exactly(length, f"{plain(length)} s{setting.by_default}")
        if offered := _offered(setting.field, scale):
            return offered
    return None


def _offered(field: Field, scale: float) -> Amount | None:
    """The range of lengths that a field allows, if its value leaves the choice to the model."""
    values = [value for edge in quantities.values(field) if (value := quantities.figure(edge))]
    low, high = (min(values), max(values)) if values else quantities.bounds(field)
    if not high or high * scale > _LONGEST_S:
        return None
    least, most = (Decimal(str(round(max(edge or 0, 0) * scale, 3))) for edge in (low, high))
    if least > most:
        return None
    return Amount(
        least, most, f"{plain(least)} to {plain(most)} s", ("The model chooses how long.",)
    )


def _shots(settings: Iterable[Setting]) -> Amount | None:
    """The sum of the lengths in a list of shots; None if there are none."""
    for setting in settings:
        rows = setting.value if isinstance(setting.value, list) else []
        item = setting.field.item
        scales = (
            [(child.name, quantities.duration_scale(child)) for child in item.children]
            if item
            else []
        )
        name, scale = next(((name, scale) for name, scale in scales if scale), ("", 0.0))
        lengths = [_figure(row, name) * scale for row in rows if isinstance(row, dict)]
        if name and any(lengths) and sum(lengths) <= _LONGEST_S:
            total = Decimal(str(round(sum(lengths), 3)))
            return exactly(total, f"{plain(total)} s in {len(lengths)} shots")
    return None


def _figure(row: dict[str, Any], name: str) -> float:
    return quantities.figure(row.get(name)) or 0.0


def frame_count(settings: Iterable[Setting]) -> Amount | None:
    """The number of frames that a field sets; None if no field does."""
    for setting in settings:
        value = decimal(setting.value)
        if value and quantities.is_frame_count(setting.field.name):
            return exactly(value, counted(value, "frame") + setting.by_default)
    return None


def _by_frames(settings: tuple[Setting, ...]) -> Amount | None:
    amount = frame_count(settings)
    if amount is None:
        return None
    count = counted(amount.low, "frame")
    if rate := _rate(settings):
        length = amount.low / rate
        return exactly(length, f"{plain(length)} s ({count} at {plain(rate)} per second)")
    least, most = amount.low / _RATES[1], amount.low / _RATES[0]
    text = f"{plain(least)} to {plain(most)} s ({count})"
    return Amount(least, most, text, ("The frame rate is not known.",))


def _rate(settings: Iterable[Setting]) -> Decimal | None:
    for setting in settings:
        value = quantities.figure(setting.value)
        if quantities.is_rate(setting.field.name) and value and value <= quantities.MOST_FPS:
            return Decimal(str(value))
    return None


def _spoken(run_inputs: RunInputs) -> Amount | None:
    """The length of the text when spoken, for models that produce audio."""
    # Speech models that are priced by the second state no length: it follows from the text.
    count = (
        Decimal(sum(map(len, texts(run_inputs)))) if run_inputs.makes == {"audio"} else Decimal()
    )
    if not count:
        return None
    least, most = (count / rate for rate in reversed(_SPOKEN_PER_S))
    text = f"{plain(round(least, 1))} to {plain(round(most, 1))} s"
    return Amount(least, most, text, (f"{plain(count)} characters read aloud.",))
