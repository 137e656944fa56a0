"""Transfers settings to another model: what fits stays, results and inputs find their new fields.

A value keeps its field if the other model has one of that name that accepts it. Files and prompts
without such a field move to one of the same kind and role. What the run made fills the fields that
take it: always where the other model is a next step (it makes something else), else where a
required field is still empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from catalog.models import Endpoint
from playground.form import form_state, use_as
from playground.form.use_as import Result
from playground.models import Run
from schemas.carry import carry
from schemas.uses.inputs import Input, inputs_of, names_in
from schemas.uses.placing import place, values_at
from schemas.validation import validate

_MEDIA_OF = {"3d": "mesh", "lora": "weights", "file": "archive"}  # of a fact `out:…`
_MAX_REASON_CHARS = 120


class Fate(NamedTuple):
    """What became of some values: a heading and their names."""

    what: str
    names: str


@dataclass(frozen=True)
class Transfer:
    """The arguments for the other model, and what became of each of the given values."""

    arguments: dict[str, Any]
    kept: list[str] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)  # by name: why
    unknown: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)  # sentences without a full stop
    filled: list[str] = field(default_factory=list)

    @property
    def fates(self) -> tuple[Fate, ...]:
        """Return what became of the values, one line for each outcome."""
        unfit = [f"{name} ({why})" if why else name for name, why in self.unfit.items()]
        parts = [
            ("Taken over", self.kept),
            ("From the result", self.filled),
            ("Moved or converted", self.moved),
            ("Does not fit here", unfit),
            ("Not in this model", self.unknown),
        ]
        return tuple(Fate(what, ", ".join(names)) for what, names in parts if names)


def transfer(
    endpoint: Endpoint, arguments: Any, source: Endpoint | None = None, run: Run | None = None
) -> Transfer:
    """Sort another model's arguments by whether `endpoint` knows them and accepts their values.

    With `source`, the model they are of, files and prompts are moved to fields of other names;
    with `run` its results are filled in.
    """
    given = arguments if isinstance(arguments, dict) else {}
    root = form_state.version_of(endpoint).root
    known = {child.name for child in root.children}
    shared = {name: value for name, value in given.items() if name in known}
    unfit = misfits(endpoint, shared)
    kept = [name for name in shared if name not in unfit]
    found = Transfer(
        {name: shared[name] for name in kept},
        kept,
        unfit,
        [name for name in given if name not in known],
    )
    made = _one_of_each_kind(use_as.results(run)) if run else []
    mover = _Mover(endpoint, found)
    is_next = mover.is_next_step(made)
    if is_next:
        mover.fill_results(made, is_next=True)
    if source is not None:
        mover.move_inputs(given, source)
        mover.convert_settings(given, source)
    if not is_next:
        mover.fill_results(made, is_next=False)
    return mover.found()


def misfits(endpoint: Endpoint, arguments: dict[str, Any]) -> dict[str, str]:
    """Return the arguments that the schema refuses, with why; missing ones do not count."""
    version = form_state.version_of(endpoint)
    problems = validate(version.contract, arguments, version.root)
    found: dict[str, str] = {}
    for one in problems:
        if one.path and one.path[0] in arguments:
            message = one.message.rstrip(".")[:_MAX_REASON_CHARS]
            found.setdefault(str(one.path[0]), message[:1].lower() + message[1:])
    return found


class _Mover:
    """One transfer in the making: its arguments, and the inputs that are still free."""

    def __init__(self, endpoint: Endpoint, start: Transfer) -> None:
        self.endpoint = endpoint
        self.root = form_state.version_of(endpoint).root
        self.inputs = inputs_of(self.root)
        self.start = start
        self.arguments = dict(start.arguments)
        self.moved: dict[str, str] = {}  # by name of the old field
        self.filled: list[str] = []
        self.overwritten: set[str] = set()

    def found(self) -> Transfer:
        """Return the transfer as it stands."""
        gone = self.moved.keys()
        return Transfer(
            self.arguments,
            [name for name in self.start.kept if name not in self.overwritten],
            {name: why for name, why in self.start.unfit.items() if name not in gone},
            [name for name in self.start.unknown if name not in gone],
            list(self.moved.values()),
            self.filled,
        )

    def fill_results(self, made: Sequence[Result], *, is_next: bool) -> None:
        """Put each result into the field that takes it; only a next step overwrites."""
        for result in made:
            slot = self._slot_for(result, is_next=is_next)
            if slot:
                self._put(slot, result.value)
                self.overwritten.add(names_in(slot.path)[0])
                self.filled.append(f"“{slot.label}” holds {result.origin}")

    def is_next_step(self, made: Sequence[Result]) -> bool:
        """Whether the model makes nothing of the kinds that the run has made."""
        facts = self.endpoint.facts if isinstance(self.endpoint.facts, list) else []
        outputs = {str(fact)[4:] for fact in facts if str(fact).startswith("out:")}
        makes = {_MEDIA_OF.get(medium, medium) for medium in outputs}
        return bool(made) and makes.isdisjoint(result.kind for result in made)

    def _slot_for(self, result: Result, *, is_next: bool) -> Input | None:
        slots = self._slots(result.kind)
        if result.kind == "weights":
            return next(iter(slots), None)
        free = [one for one in slots if not values_at(self.arguments, one.path)]
        return next(iter(slots if is_next else [one for one in free if one.is_required]), None)

    def _slots(self, kind: str) -> list[Input]:
        """The inputs that a file of a kind is naturally for: required ones, then main ones."""
        among = [one for one in self.inputs if one.kind == kind]
        required = [one for one in among if one.is_required and one.role != "mask"]
        main = [one for one in among if one.role in {"main", "start", "prompt"}]
        return list(dict.fromkeys([*required, *main]))

    def move_inputs(self, given: dict[str, Any], source: Endpoint) -> None:
        """Move files and prompts whose field is not here to free ones of their kind and role."""
        homeless = {*self.start.unfit, *self.start.unknown}
        for old in inputs_of(form_state.version_of(source).root):
            name = names_in(old.path)[0]
            values = [one for one in values_at(given, old.path) if isinstance(one, str)]
            new = self._home_for(old) if name in homeless and values else None
            if new is None:
                continue
            for value in values if new.path.endswith("*") else values[:1]:
                self._put(new, value)
            self.moved[name] = f"{name} is in “{new.label}”"

    def convert_settings(self, given: dict[str, Any], source: Endpoint) -> None:
        """Take over sizes, durations, steps and the like in this model's own notation."""
        homeless = {*self.start.unfit, *self.start.unknown} - self.moved.keys()
        files = {names_in(one.path)[0] for one in inputs_of(form_state.version_of(source).root)}
        left = {name: given[name] for name in given if name in homeless - files}
        versions = form_state.version_of(source), form_state.version_of(self.endpoint)
        found = carry(left, *versions)
        for step in (*found.of("converted"), *found.of("clamped")):
            targets = [name for name in step.target.split(" and ") if name in found.arguments]
            if not any(name in self.arguments for name in targets):
                self.arguments |= {name: found.arguments[name] for name in targets}
                self.moved[step.source] = step.words

    def _home_for(self, old: Input) -> Input | None:
        free = [
            one
            for one in self.inputs
            if one.kind == old.kind and not values_at(self.arguments, one.path)
        ]
        same_role = [one for one in free if one.role == old.role]
        slots = [one for one in self._slots(old.kind) if one in free]
        natural = slots if old.role in {"main", "start", "prompt"} else []
        return next(iter([*same_role, *natural]), None)

    def _put(self, slot: Input, value: str) -> None:
        self.arguments = place(self.root, self.arguments, slot.path, value)


def _one_of_each_kind(made: Iterable[Result]) -> list[Result]:
    """Return the first result of each kind; a text only if there is nothing else."""
    found: dict[str, Result] = {}
    for one in made:
        found.setdefault(one.kind, one)
    files = [one for one in found.values() if one.kind not in {"text", "file"}]
    return files or list(found.values())
