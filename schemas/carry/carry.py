"""Carries arguments to another schema, by field name or meaning, and converts their notation.

The result is valid for the target. Each argument of the source has a `Step` that says what happened
to it. No value is invented: if the target has no equal value, the nearest one is used for a number,
a duration or a shape, and the step says so; any other argument is dropped, so that the model's
default applies.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from schemas.carry import conversions, files
from schemas.changes import diff_lines
from schemas.changes.migrate_arguments import migrate
from schemas.exact import identical
from schemas.fields import Field
from schemas.meanings import SIDES, by_meaning, is_shape, meaning_of, media_of
from schemas.numbers import is_number
from schemas.validation import Version

Kind = Literal["carried", "converted", "clamped", "dropped"]
_MAX_DROPS = 50
_USUAL_RATE = 24.0
NOT_HERE = "this model has no such input"
_FOUND_TWICE = "another input has already filled its field"


@dataclass(frozen=True)
class Step:
    """What happened to one argument. `after` is its value at `target`, `reason` the reason.

    `text` is the step in words, for dropped arguments and for files: readers need no addresses.
    """

    kind: Kind
    source: str
    target: str = ""
    before: Any = None
    after: Any = None
    reason: str = ""
    text: str = ""

    @property
    def sentence(self) -> str:
        """The step as text: `image_size landscape_16_9 → aspect_ratio 16:9`."""
        if self.text:
            return self.text
        if self.kind == "carried":
            return self.source
        name = f"{self.target} " if self.target != self.source else ""
        change = f"{self.source} {_short(self.before)} → {name}{_short(self.after)}"
        return f"{change} ({self.reason})" if self.reason else change


@dataclass(frozen=True)
class Carried:
    """The target's arguments, and a step for each argument of the source, in their order.

    A list of files has two steps if some of its files are not used.
    """

    arguments: dict[str, Any]
    steps: tuple[Step, ...]

    def steps_of(self, kind: Kind) -> list[Step]:
        """The steps of one kind."""
        return [step for step in self.steps if step.kind == kind]


def carry(arguments: dict[str, Any], source: Version | None, target: Version) -> Carried:
    """Carry arguments made for `source` (None: unknown) to `target`."""
    if not target.root.children:  # a model without a schema accepts any arguments
        steps = tuple(Step("carried", name, name, v, v) for name, v in arguments.items())
        return Carried(copy.deepcopy(arguments), steps)
    mapped = _Mapping(arguments, source, target)
    mapped.fill()
    return _make_valid(mapped, target)


def missing(target: Version, arguments: dict[str, Any]) -> list[str]:
    """The labels of the required fields that the arguments lack."""
    labels = {child.name: child.label for child in target.root.children}
    problems = target.problems(arguments)
    names = [
        str(problem.path[0])
        for problem in problems
        if problem.path and problem.path[0] not in arguments
    ]
    return [labels.get(name, name) for name in dict.fromkeys(names)]


class _Mapping:
    """The target field of each source argument, and the value there."""

    def __init__(self, arguments: dict[str, Any], source: Version | None, target: Version) -> None:
        self.given, self.target = arguments, target
        self.before = {child.name: child for child in source.root.children} if source else {}
        self.after = {child.name: child for child in target.root.children}
        # Without the source's schema the target's fields define what a name means.
        self.meant = by_meaning(source.root.children if source else target.root.children)
        self.wanted = by_meaning(target.root.children)
        self.made: dict[str, Any] = {}
        self.places: dict[str, tuple[str, ...]] = {}  # source → targets
        self.reasons: dict[str, str] = {}
        self.unused: dict[str, str] = {}  # source → which of its files have no place

    def fill(self) -> None:
        """Map each argument: first to a field of the same name, then to one of the same meaning."""
        for name, value in self.given.items():
            if name in self.after and self.fits(name, value):
                self.place(name, name, value)
        self._place_shape()
        self._place_length()
        files.place_files(self)
        for name, value in self.given.items():
            if name not in self.places and name not in self.reasons:
                self._place_alike(name, value)

    def place(self, name: str, to: str, value: Any) -> None:
        """Write a value of the argument `name` to the field `to`."""
        self.made[to] = copy.deepcopy(value)
        self.places[name] = (*self.places.get(name, ()), to)

    def fits(self, name: str, value: Any) -> bool:
        """Whether the field `name` is still free and accepts a value."""
        return name not in self.made and self.target.accepts(name, value)

    def _fitting(self, to: str, values: Iterator[Any]) -> Any:
        """The first value that the target accepts under a name; None if it accepts none."""
        return next((value for value in values if self.fits(to, value)), None)

    def label(self, name: str) -> str:
        """The label of an argument, by the source's schema or else the target's."""
        field = self.before.get(name) or self.after.get(name)
        return (field and field.label) or name

    def _place_alike(self, name: str, value: Any) -> None:
        """Place an argument in the field of its own name or else of the same meaning."""
        to = self.after.get(name) or self._same_meaning(name)
        if to is None:
            self.reasons[name] = NOT_HERE
        elif to.name in self.made:
            self.reasons[name] = _FOUND_TWICE
        elif to.name != name and self._is_other_scale(to, value):
            self.reasons[name] = f"{to.label} has another scale here"
        else:
            self.place(name, to.name, _as_offered(to, _as_file(to, value)))

    def _same_meaning(self, name: str) -> Field | None:
        field = self.before.get(name)
        meaning = meaning_of(field, self.meant) if field else ""
        return self.wanted.get(meaning)

    def _is_other_scale(self, to: Field, value: Any) -> bool:
        """Whether a guidance or strength is outside the bounds of the field that would take it.

        Such scales cannot be compared: 7 on a scale up to 20 is not 1 on a scale up to 1.
        """
        # flux/dev's `guidance_scale` goes from 1 to 20, kling/v2.1's `cfg_scale` from 0 to 1.
        is_relative = meaning_of(to, self.wanted) in {"guidance", "strength"}
        return is_relative and not self.fits(to.name, value)

    def _place_shape(self) -> None:
        """Place a size, an aspect ratio, or a width and a height, in the target's notation."""
        # flux/dev takes `image_size` (preset or sides), video models `aspect_ratio`, older ones
        # `width` and `height`.
        shape, names = self._given_shape()
        if shape is None or any(name in self.places for name in names):
            return
        ratio = next((field for field in self.after.values() if is_shape(field)), None)
        if ratio and ratio.name not in self.made:
            value = self._fitting(ratio.name, conversions.shapes_for(ratio, shape))
            if value is not None:
                for name in names:
                    self.place(name, ratio.name, value)
                return
        if {*SIDES} <= self.after.keys() and not {*SIDES} & self.made.keys():
            sides = conversions.on_grid(shape, _usual_area(self.after))
            for side, value in zip(SIDES, sides, strict=True):
                for name in names:
                    if len(names) == 1 or name == side:
                        self.place(name, side, value)

    def _given_shape(self) -> tuple[conversions.Shape | None, list[str]]:
        sides = {name: self.given.get(name) for name in SIDES}
        if None not in sides.values() and (shape := conversions.read_shape(sides)):
            return shape, [*SIDES]
        for name, value in self.given.items():
            field = self.before.get(name)
            is_one = is_shape(field) if field else name in {"image_size", "aspect_ratio"}
            if is_one and (shape := conversions.read_shape(value)):
                return shape, [name]
        return None, []

    def _place_length(self) -> None:
        """Place a duration, or a number of frames, in the target's notation."""
        name, seconds = self._given_length()
        if not seconds or name in self.places:
            return
        to, frames = self.wanted.get("duration"), self.wanted.get("frames")
        if to and to.name not in self.made:
            values = conversions.durations_for(to, seconds)
            value = self._fitting(to.name, values)
            if value is None:
                value = next(conversions.durations_for(to, seconds))
            self.place(name, to.name, value)
        elif frames and frames.name not in self.made:
            rate = self._rate(self.wanted, self.made)
            self.place(name, frames.name, next(conversions.frames_for(frames, seconds, rate)))

    def _given_length(self) -> tuple[str, float | None]:
        for meaning in ("duration", "frames"):
            field = self.meant.get(meaning)
            if field is None or field.name not in self.given:
                continue
            value = self.given[field.name]
            if meaning == "duration":
                return field.name, conversions.read_seconds(field, value)
            if isinstance(value, int) and not isinstance(value, bool):
                # LTX counts 8n + 1 frames: 121 frames at 24 a second are five seconds.
                frames = value - 1 if value % 8 == 1 and value > 1 else value
                return field.name, frames / self._rate(self.meant, self.given)
        return "", None

    @staticmethod
    def _rate(fields: dict[str, Field], arguments: dict[str, Any]) -> float:
        """Frames per second: as set, else the default."""
        field = fields.get("fps")
        value = arguments.get(field.name, field.default) if field else None
        return float(value) if is_number(value) and value > 0 else _USUAL_RATE


def _usual_area(fields: dict[str, Field]) -> float:
    sides = [fields[name].default for name in SIDES]
    numbers = [side for side in sides if is_number(side) and side > 0]
    return float(numbers[0] * numbers[1]) if len(numbers) == 2 else 1024.0 * 1024


def _as_file(field: Field, value: Any) -> Any:
    """A file as a list, or a list's first file, as the field requires."""
    is_other = (field.kind == "list") != isinstance(value, list)
    return conversions.files_for(field, value) if media_of(field) and is_other else value


def _as_offered(field: Field, value: Any) -> Any:
    """The option equal to a text except for case, spaces and punctuation."""
    if not isinstance(value, str) or not field.options:
        return value
    # "Portrait 4:3", `portrait_4_3`; "MP3", `mp3`.
    key = _plain(value)
    offered = [option.value for option in field.options if isinstance(option.value, str)]
    return value if value in offered else next((v for v in offered if _plain(v) == key), value)


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _make_valid(mapped: _Mapping, target: Version) -> Carried:
    """Clamp values that are out of bounds and drop those that remain invalid."""
    problems = target.present_problems(mapped.made)
    values = mapped.made
    messages: dict[str, str] = {}
    if problems:
        # seedream/v4/edit makes up to 6 images, flux/dev up to 4: the number is clamped, not
        # dropped.
        migrated = migrate(None, target, mapped.made)
        values = _without_defaults(mapped, migrated.arguments, target)
        for problem in [*problems, *target.present_problems(values)]:
            messages.setdefault(str(problem.path[0]), problem.message)
        values = _without_invalid(target, values, messages)
    steps = tuple(step for name in mapped.given for step in _steps(mapped, name, values, messages))
    return Carried(values, steps)


def _without_defaults(
    mapped: _Mapping, migrated: dict[str, Any], target: Version
) -> dict[str, Any]:
    """Drop values that migration replaced by the default, which the model applies by itself."""
    return {
        name: value
        for name, value in migrated.items()
        if _is_related(mapped.made.get(name), value)
        or not identical(value, mapped.after[name].default if name in mapped.after else None)
    }


def _is_related(before: Any, after: Any) -> bool:
    """Whether one value is recognizably a variant of the other."""
    if identical(before, after):
        return True
    are_numbers = is_number(before) and is_number(after)
    return are_numbers or isinstance(before, dict | list) or str(before) == str(after)


def _without_invalid(
    target: Version, arguments: dict[str, Any], messages: dict[str, str]
) -> dict[str, Any]:
    valid = dict(arguments)
    for _ in range(_MAX_DROPS):
        problems = target.present_problems(valid)
        if not problems:
            return valid
        for name in {str(problem.path[0]) for problem in problems}:
            messages.setdefault(name, next(p.message for p in problems if str(p.path[0]) == name))
            valid.pop(name, None)
    return {}


def _steps(
    mapped: _Mapping, name: str, values: dict[str, Any], messages: dict[str, str]
) -> Iterator[Step]:
    step = _step(mapped, name, values, messages)
    yield step
    if (unused := mapped.unused.get(name)) and step.kind != "dropped":
        reason = unused.rpartition(": ")[2]
        yield Step("dropped", name, before=mapped.given[name], reason=reason, text=unused)


def _step(mapped: _Mapping, name: str, values: dict[str, Any], messages: dict[str, str]) -> Step:
    before = mapped.given[name]
    places = [place for place in mapped.places.get(name, ()) if place in values]
    if not places:
        targets = mapped.places.get(name, ())
        why = mapped.reasons.get(name) or next(
            (messages[place] for place in targets if place in messages), ""
        )
        text = f"“{mapped.label(name)}” is not used{why and f': {why}'}"
        return Step("dropped", name, before=before, reason=why, text=text)
    to = places[0]
    after: Any = values[to]
    text = _moved_files(mapped, name, places)
    if len(places) == 2:  # a size was split into a width and a height, a list into two frames
        to, after = " and ".join(places), " and ".join(_short(values[place]) for place in places)
    elif to == name and identical(before, after):
        return Step("carried", name, to, before, after)
    is_clamped = to in messages and is_number(after)
    kind: Kind = "clamped" if is_clamped else "converted"
    return Step(kind, name, to, before, after, messages.get(to, ""), text)


def _moved_files(mapped: _Mapping, name: str, places: list[str]) -> str:
    """Return the labels of the fields that files moved to; empty for other arguments."""
    fields = [mapped.after[place] for place in places if place in mapped.after]
    if not fields or not all(map(media_of, fields)):
        return ""
    return f"{mapped.label(name)} → {' and '.join(field.label for field in fields)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else diff_lines.value(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
