"""A flow's definition: steps, the wires between them, and the open inputs of its form.

As JSON, which is also the format of exports:

  {"version": 1,
   "steps": [{"id": "s2", "endpoint": "fal-ai/esrgan", "arguments": {"scale": 2},
              "wires": [{"to": ["image_url"], "step": "s1", "path": ["images", 0, "url"]}]}],
   "inputs": [{"name": "prompt", "label": "Prompt", "targets": [["s1", "prompt"]],
               "hint": "One animal."}]}

A wire fills the place `to` of its step's arguments with the value at `path` in another step's
output. A number in `to` is a position in a list, `"*"` appends a row. Each run asks for the open
inputs; the argument at an input's first target is its default. The default hint is the model's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fal.db_safe import db_safe

MOST_STEPS = 10
MOST_WIRES = 60  # of one step
MOST_INPUTS = 100
MOST_ROWS = 10_000  # of a list in a path
_MOST_PARTS = 20  # of a path
NAME_CHARS, HINT_CHARS = 200, 500

Path = tuple[str | int, ...]


class Invalid(ValueError):
    """The JSON is no valid definition, or cannot run; the message says what is wrong and where."""


@dataclass(frozen=True)
class Wire:
    """Fills one place of a step's arguments from a place in another step's output."""

    to: Path
    step: str
    path: Path


@dataclass(frozen=True)
class Step:
    """A call of one model."""

    id: str
    endpoint: str
    arguments: dict[str, Any]
    wires: tuple[Wire, ...] = ()

    @property
    def sources(self) -> list[str]:
        """Return the ids of the steps that it waits for."""
        return list(dict.fromkeys(wire.step for wire in self.wires))


@dataclass(frozen=True)
class Input:
    """A field of the flow's form, and its targets: step ids with paths in the arguments."""

    name: str
    label: str
    targets: tuple[tuple[str, Path], ...]
    hint: str = ""  # a sentence below the field; default is the model's own


@dataclass(frozen=True)
class Definition:
    """The steps in written order, and the open inputs in the order of the form."""

    steps: tuple[Step, ...] = ()
    inputs: tuple[Input, ...] = ()

    def step(self, name: str) -> Step | None:
        """Return the step with this id."""
        return next((step for step in self.steps if step.id == name), None)

    def number(self, name: str) -> int:
        """Return a step's number for display, from 1."""
        return 1 + [step.id for step in self.steps].index(name)

    def after(self, name: str) -> set[str]:
        """Return the ids of a step and of all steps that need its output, directly or not."""
        ids = {name}
        for step in in_order(self.steps):
            if ids & set(step.sources):
                ids.add(step.id)
        return ids

    def with_step(self, changed_step: Step) -> Definition:
        """Return the definition with this step instead of the one with the same id."""
        steps = tuple(changed_step if step.id == changed_step.id else step for step in self.steps)
        return replace(self, steps=steps)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that `parse_definition` parses."""
        return {
            "version": 1,
            "steps": [_step_json(step) for step in self.steps],
            "inputs": [
                {
                    "name": field.name,
                    "label": field.label,
                    "targets": [[step, *path] for step, path in field.targets],
                }
                | ({"hint": field.hint} if field.hint else {})
                for field in self.inputs
            ],
        }


def _step_json(step: Step) -> dict[str, Any]:
    wires = [{"to": list(w.to), "step": w.step, "path": list(w.path)} for w in step.wires]
    return {
        "id": step.id,
        "endpoint": step.endpoint,
        "arguments": step.arguments,
        "wires": wires,
    }


def parse_definition(document: Any) -> Definition:
    """Parse a definition; raises Invalid with a message that names the place."""
    document = db_safe(document)
    if not isinstance(document, dict) or not isinstance(document.get("steps"), list):
        raise Invalid("This is not a flow: it has no list of steps.")
    step_values = document["steps"]
    if len(step_values) > MOST_STEPS:
        raise Invalid(f"The flow has {len(step_values)} steps; {MOST_STEPS} is the most.")
    steps = tuple(_read_step(step, number) for number, step in enumerate(step_values, start=1))
    inputs = document.get("inputs", [])
    if not isinstance(inputs, list) or len(inputs) > MOST_INPUTS:
        raise Invalid(f"The inputs of the flow must be a list of at most {MOST_INPUTS}.")
    definition = Definition(steps, tuple(_read_input(field) for field in inputs))
    require_sound(definition)
    return definition


def _read_step(value: Any, number: int) -> Step:
    value = value if isinstance(value, dict) else {}
    name, endpoint = value.get("id"), value.get("endpoint")
    arguments, wires = value.get("arguments", {}), value.get("wires", [])
    if not _is_name(name) or not _is_name(endpoint):
        raise Invalid(f"Step {number} has no id or names no model.")
    if not isinstance(arguments, dict):
        raise Invalid(f"The arguments of step {number} must be a JSON object.")
    if not isinstance(wires, list) or len(wires) > MOST_WIRES:
        raise Invalid(f"The wires of step {number} must be a list of at most {MOST_WIRES}.")
    return Step(name, endpoint, arguments, tuple(_read_wire(wire, number) for wire in wires))


def _read_wire(value: Any, number: int) -> Wire:
    value = value if isinstance(value, dict) else {}
    to, source, path = read_path(value.get("to")), value.get("step"), read_path(value.get("path"))
    if not to or path is None or not _is_name(source):
        raise Invalid(f"A wire of step {number} has no valid source or target.")
    return Wire(to, source, path)


def _read_input(value: Any) -> Input:
    value = value if isinstance(value, dict) else {}
    name, target_values = value.get("name"), value.get("targets")
    label = value.get("label")
    if not _is_name(name) or not isinstance(target_values, list) or not target_values:
        raise Invalid("An input of the flow has no name or no target.")
    targets = []
    for target in target_values[:MOST_WIRES]:
        path = read_path(target)
        if not path or len(path) < 2 or not isinstance(path[0], str):
            raise Invalid(f"The input “{name}” has a target that cannot be read.")
        targets.append((path[0], path[1:]))
    label = label if isinstance(label, str) and label.strip() else name
    hint = value.get("hint")
    hint = hint.strip()[:HINT_CHARS] if isinstance(hint, str) else ""
    return Input(name, label[:NAME_CHARS], tuple(targets), hint)


def read_path(value: Any) -> Path | None:
    """Return a JSON list of names and positions as a path; None for anything else."""
    if not isinstance(value, list) or len(value) > _MOST_PARTS:
        return None
    is_path = all(
        isinstance(part, str)
        or (isinstance(part, int) and not isinstance(part, bool) and part >= 0)
        for part in value
    )
    return tuple(value) if is_path else None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= NAME_CHARS


def require_sound(definition: Definition) -> None:
    """Raise Invalid for duplicate ids, dangling references, and cycles of steps."""
    step_ids = {step.id for step in definition.steps}
    if len(step_ids) < len(definition.steps):
        raise Invalid("Two steps have the same id.")
    for number, step in enumerate(definition.steps, start=1):
        for source in step.sources:
            if source not in step_ids:
                raise Invalid(
                    f"Step {number} takes the output of “{source}”, which is not a step of this "
                    "flow."
                )
    if circle := _find_cycle(definition.steps):
        numbers = " → ".join(str(definition.number(step_id)) for step_id in [*circle, circle[0]])
        raise Invalid(f"The steps wait for each other in a circle: {numbers}.")
    names = [field.name for field in definition.inputs]
    if len(set(names)) < len(names):
        raise Invalid("Two inputs of the flow have the same name.")
    for field in definition.inputs:
        if missing := next((step for step, _ in field.targets if step not in step_ids), None):
            raise Invalid(
                f"The input “{field.name}” has the target “{missing}”, which is not a step."
            )


def _find_cycle(steps: Sequence[Step]) -> list[str]:
    """Return the ids of the steps of a cycle in order; empty if there is none."""
    by_id = {step.id: step for step in steps}
    for step in in_order(steps):
        by_id.pop(step.id)
    if not by_id:
        return []
    step_id = next(iter(by_id))
    path: list[str] = []
    while step_id not in path:
        path.append(step_id)
        step_id = next(source for source in by_id[step_id].sources if source in by_id)
    return path[path.index(step_id) :][::-1]


def in_order(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the steps in topological order; steps in a cycle are left out."""
    remaining_steps, done_ids = list(steps), set[str]()
    while ready := [step for step in remaining_steps if done_ids.issuperset(step.sources)]:
        yield from ready
        done_ids |= {step.id for step in ready}
        remaining_steps = [step for step in remaining_steps if step.id not in done_ids]
