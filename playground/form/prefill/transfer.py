"""Transfers settings and results of one model to the form of another.

`schemas/carry/` converts values between the two schemas. Files and prompts without a counterpart
move to a free field of the same kind and role. Results of the run fill the fields that accept
them: always if the other model is a next step (its outputs are of other kinds), else only required
fields that are still empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from catalog.models import Endpoint
from playground.form import form_state
from playground.form.prefill import use_as
from playground.form.prefill.use_as import Result
from runs.models import Run
from schemas.carry import NOT_HERE, Carried, Step, carry
from schemas.uses.inputs import Input, inputs_of, names_in
from schemas.uses.placing import place, values_at

_MEDIA_OF = {"3d": "mesh", "lora": "weights", "file": "archive"}  # by the suffix of `out:…`


class Fate(NamedTuple):
    """One outcome of a transfer: a heading and the names of the values."""

    what: str
    names: str


@dataclass(frozen=True)
class Transfer:
    """The arguments for the other model, and the names of the old values by outcome."""

    arguments: dict[str, Any]
    kept: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def fates(self) -> tuple[Fate, ...]:
        """Return a heading and the names of the values for each outcome."""
        parts = [
            ("Taken over", self.kept),
            ("From the result", self.filled),
            ("Changed", self.changed),
            ("Does not fit here", self.unfit),
            ("Not in this model", self.unknown),
        ]
        return tuple(Fate(fate, ", ".join(names)) for fate, names in parts if names)


def transfer(
    endpoint: Endpoint, arguments: Any, source: Endpoint | None = None, run: Run | None = None
) -> Transfer:
    """Return arguments of the model `source` transferred to `endpoint`, and each value's outcome.

    With `run`, its results are filled in.
    """
    source_arguments = arguments if isinstance(arguments, dict) else {}
    before = form_state.version_of(source) if source else None
    carried = carry(source_arguments, before, form_state.version_of(endpoint))
    results = _one_of_each_kind(use_as.results(run)) if run else []
    mover = _Mover(endpoint, carried)
    is_next = mover.is_next_step(results)
    if is_next:
        mover.fill_results(results, is_next=True)
    if before is not None:
        mover.move_inputs(source_arguments, inputs_of(before.root))
    if not is_next:
        mover.fill_results(results, is_next=False)
    return mover.as_transfer()


class _Mover:
    """One transfer in progress: its arguments, and the inputs that are still free."""

    def __init__(self, endpoint: Endpoint, carried: Carried) -> None:
        self.endpoint = endpoint
        self.root = form_state.version_of(endpoint).root
        self.inputs = inputs_of(self.root)
        self.steps = carried.steps
        self.arguments = carried.arguments
        self.moved: dict[str, str] = {}  # by name of the old field
        self.filled: dict[str, str] = {}  # by name of the new field

    def as_transfer(self) -> Transfer:
        """Return the transfer in its current state."""
        outcome = Transfer(self.arguments, filled=list(self.filled.values()))
        for step in self.steps:
            if step.source in self.moved:
                outcome.changed.append(self.moved[step.source])
            elif step.kind == "dropped" and step.reason == NOT_HERE:
                outcome.unknown.append(step.source)
            elif step.kind == "dropped":
                outcome.unfit.append(
                    f"{step.source} ({step.reason})" if step.reason else step.source
                )
            elif step.target in self.filled:
                outcome.unfit.append(f"{step.source} (the result is there)")
            elif step.kind == "carried":
                outcome.kept.append(step.source)
            else:
                outcome.changed.append(self._changed(step))
        return outcome

    def _changed(self, step: Step) -> str:
        """Describe a changed value; a file by its new field only: addresses mean nothing."""
        files = (taker for taker in self.inputs if taker.kind != "text")
        taker = next((taker for taker in files if names_in(taker.path)[0] == step.target), None)
        return f"{step.source} is in “{taker.label}”" if taker else step.sentence

    def fill_results(self, results: Sequence[Result], *, is_next: bool) -> None:
        """Put each result into a field that accepts it; only a next step overwrites values."""
        for result in results:
            slot = self._slot_for(result, is_next=is_next)
            if slot:
                self._put(slot, result.value)
                self.filled[names_in(slot.path)[0]] = f"“{slot.label}” holds its {result.noun}"

    def is_next_step(self, results: Sequence[Result]) -> bool:
        """Whether the model's outputs are of other kinds than the run's results."""
        facts = self.endpoint.facts if isinstance(self.endpoint.facts, list) else []
        outputs = {str(fact)[4:] for fact in facts if str(fact).startswith("out:")}
        makes = {_MEDIA_OF.get(medium, medium) for medium in outputs}
        return bool(results) and makes.isdisjoint(result.kind for result in results)

    def _slot_for(self, result: Result, *, is_next: bool) -> Input | None:
        slots = self._slots(result.kind)
        if result.kind == "weights":
            return next(iter(slots), None)
        free = [slot for slot in slots if not values_at(self.arguments, slot.path)]
        return next(iter(slots if is_next else [slot for slot in free if slot.is_required]), None)

    def _slots(self, kind: str) -> list[Input]:
        """The natural inputs for a file of this kind: required ones, then main ones."""
        kind_takers = [taker for taker in self.inputs if taker.kind == kind]
        required = [taker for taker in kind_takers if taker.is_required and taker.role != "mask"]
        main = [taker for taker in kind_takers if taker.role in {"main", "start", "prompt"}]
        return list(dict.fromkeys([*required, *main]))

    def move_inputs(self, source_arguments: dict[str, Any], takers: Iterable[Input]) -> None:
        """Move files and prompts without a counterpart to free inputs of their kind and role."""
        placed_names = {step.source for step in self.steps if step.target}
        dropped_names = {step.source for step in self.steps} - placed_names
        for old in takers:
            name = names_in(old.path)[0]
            values = [
                value for value in values_at(source_arguments, old.path) if isinstance(value, str)
            ]
            new = self._find_free_input(old) if name in dropped_names and values else None
            if new is None:
                continue
            for value in values if new.path.endswith("*") else values[:1]:
                self._put(new, value)
            self.moved[name] = f"{name} is in “{new.label}”"

    def _find_free_input(self, old: Input) -> Input | None:
        free = [
            taker
            for taker in self.inputs
            if taker.kind == old.kind and not values_at(self.arguments, taker.path)
        ]
        same_role = [taker for taker in free if taker.role == old.role]
        slots = [slot for slot in self._slots(old.kind) if slot in free]
        natural = slots if old.role in {"main", "start", "prompt"} else []
        return next(iter([*same_role, *natural]), None)

    def _put(self, slot: Input, value: str) -> None:
        self.arguments = place(self.root, self.arguments, slot.path, value)


def _one_of_each_kind(results: Iterable[Result]) -> list[Result]:
    """Return the first result of each kind; a text only if there is nothing else."""
    by_kind: dict[str, Result] = {}
    for result in results:
        by_kind.setdefault(result.kind, result)
    files = [result for result in by_kind.values() if result.kind not in {"text", "file"}]
    return files or list(by_kind.values())
