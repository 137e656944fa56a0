"""The editor of a flow: each step's fields and wires, and the inputs that the flow asks for.

The fields of all steps are one tree with a group for each step, so that they are rendered and
parsed like a model's own form. In addition the page posts, by the step's number:

  ~wire.2.image_urls.*   the source of a place: `["s1", ["images", 0, "url"]]`, or empty
  ~ask.2                 a place that the flow's form asks for: `["prompt"]`
  ~label.prompt          the label of an open input in the flow's form
  ~hint.prompt           the hint below its field
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from features.flows.compose.chain import path_of, with_input
from features.flows.compose.definition import (
    APPEND,
    HINT_CHARS,
    NAME_CHARS,
    Definition,
    Input,
    Path,
    Step,
    Wire,
    read_path,
)
from features.flows.compose.form import Versions
from features.flows.compose.outputs import Output, outputs_of, path_in_words
from features.flows.compose.wiring import field_at
from runs.files.own_addresses import tidy_addresses
from schemas.changes.migrate_arguments import Version
from schemas.exact import NotJson, dumps, loads
from schemas.fields import Field
from schemas.form.decode import Post, Problem, decode_post, segment
from schemas.form.encode import encode_arguments
from schemas.uses.inputs import inputs_of
from schemas.wording.labels import label

WIRE, ASK = "~wire.", "~ask."
LABEL, HINT = "~label.", "~hint."
MARKS = (WIRE, ASK, LABEL, HINT)


def root_of(definition: Definition, versions: Versions) -> Field:
    """Return the fields of all steps, in a group per step, without fields filled by wires."""
    groups = [_group(step, versions) for step in definition.steps]
    return Field(kind="object", children=tuple(groups))


def _group(step: Step, versions: Versions) -> Field:
    version = versions.get(step.id)
    if version is None or not version.root.children:
        return Field(kind="json", name=step.id, label="Input as JSON")
    wired = {wire.to[0] for wire in step.wires if len(wire.to) == 1}
    children = (child for child in version.root.children if child.name not in wired)
    # Nothing is required here: the flow's form may ask for a missing value at each run.
    fields = tuple(replace(child, is_required=False) for child in children)
    rest_field = Field(kind="map", item=Field(kind="json"), is_open=False)
    return Field(kind="object", name=step.id, children=fields, rest=rest_field)


def first_post(definition: Definition, versions: Versions) -> dict[str, list[str]]:
    """Return the initial post of the page."""
    root = root_of(definition, versions)
    values = {step.id: step.arguments for step in definition.steps if step.arguments}
    post = encode_arguments(root, values)
    for number, step in enumerate(definition.steps, start=1):
        for wire in step.wires:
            post.setdefault(wire_name(number, wire.to), []).append(wire_value(wire))
        paths = [
            path for field in definition.inputs for name, path in field.targets if name == step.id
        ]
        post[f"{ASK}{number}"] = [dumps(list(path), indent=None) for path in paths]
    return post


def wire_name(number: int, to: Path) -> str:
    """Return the name of the control for the source of a place; `#0` is a position in a list.

    The name is not JSON, since browsers escape quotes in the names of posted parts.
    """
    return f"{WIRE}{number}.{'.'.join(map(_part_text, to))}"


def _part_text(part: str | int) -> str:
    if isinstance(part, int):
        return f"#{part}"
    return part if part == APPEND else segment(part)


def _place(text: str) -> Path | None:
    """Return the place in a control's name; None if it is malformed."""
    parts = text.split(".")
    is_number = [part[:1] == "#" and part[1:].isdecimal() and len(part) < 6 for part in parts]
    path = [
        int(part[1:]) if is_place else unquote(part)
        for part, is_place in zip(parts, is_number, strict=True)
    ]
    return read_path(path) if text else None


def wire_value(wire: Wire) -> str:
    """Return a wire's source as the value of a control."""
    return dumps([wire.step, list(wire.path)], indent=None)


@dataclass(frozen=True)
class EditResult:
    """The definition that a post of the page describes, and problems with the post."""

    definition: Definition
    problems: list[Problem]


def read_edit(definition: Definition, versions: Versions, post: Post) -> EditResult:
    """Return the definition with the posted changes; the set of steps stays the same."""
    decoded = decode_post(root_of(definition, versions), post)
    unread = {
        (str(problem.path[0]), str(problem.path[1]))
        for problem in decoded.problems
        if len(problem.path) > 1
    }
    steps = []
    for number, step in enumerate(definition.steps, start=1):
        values = decoded.arguments.get(step.id)
        arguments = dict(tidy_addresses(values)) if isinstance(values, dict) else {}
        for name, value in step.arguments.items():
            # A half-typed number must not erase the saved one.
            if (step.id, name) in unread:  # unparsable values do not replace previous ones
                arguments.setdefault(name, value)
        wires = _wires(definition, step, number, post)
        wired = {wire.to for wire in wires}
        arguments = {name: value for name, value in arguments.items() if (name,) not in wired}
        steps.append(replace(step, arguments=arguments, wires=wires))
    changed_definition = _with_asked(replace(definition, steps=tuple(steps)), versions, post)
    return EditResult(_with_freed(changed_definition, definition, versions), decoded.problems)


def _with_freed(definition: Definition, before: Definition, versions: Versions) -> Definition:
    """Return the definition with open inputs for required fields whose wire was removed."""
    for now, then in zip(definition.steps, before.steps, strict=True):
        freed = {wire.to[0] for wire in then.wires} - {wire.to[0] for wire in now.wires}
        version = versions.get(now.id)
        for child in version.root.children if version else ():
            if child.name in freed and child.is_required and child.name not in now.arguments:
                definition = with_input(definition, now.id, (child.name,), child)
    return definition


def _wires(definition: Definition, step: Step, number: int, post: Post) -> tuple[Wire, ...]:
    """Return the posted wires of a step, without any that would close a cycle."""
    prefix, wires = f"{WIRE}{number}.", list[Wire]()
    # fal refuses cycles, too (protocol 15.4).
    allowed = {step.id for step in definition.steps} - definition.after(step.id)
    for name, texts in post.items():
        to = _place(name.removeprefix(prefix)) if name.startswith(prefix) else None
        for text in texts if to else ():
            source = _source(text)
            if to and source and source[0] in allowed:
                wires.append(Wire(to, *source))
    return tuple(dict.fromkeys(wires))


def _source(text: str) -> tuple[str, Path] | None:
    try:
        value = loads(text)
    except NotJson:
        return None
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        return None
    path = read_path(value[1])
    return None if path is None else (value[0], path)


def _path(text: str) -> Path | None:
    try:
        return read_path(loads(text))
    except NotJson:
        return None


def _with_asked(definition: Definition, versions: Versions, post: Post) -> Definition:
    """Return the definition with the ticked open inputs; known ones keep name and position."""
    chosen_fields: dict[tuple[str, Path], None] = {}
    for number, step in enumerate(definition.steps, start=1):
        wired = {wire.to for wire in step.wires}
        for text in post.get(f"{ASK}{number}", ()):
            if (path := _path(text)) and path not in wired:
                chosen_fields[step.id, path] = None
    inputs = []
    for field in definition.inputs:
        targets = tuple(target for target in field.targets if target in chosen_fields)
        if targets:
            inputs.append(replace(field, targets=targets))
    inputs = [_in_words(field, definition, versions, post) for field in inputs]
    definition = replace(definition, inputs=tuple(inputs))
    for step_id, path in chosen_fields:
        version = versions.get(step_id)
        asked_field = field_at(version.root, path) if version else Field(kind="json")
        definition = with_input(definition, step_id, path, asked_field)
    return definition


def _in_words(field: Input, definition: Definition, versions: Versions, post: Post) -> Input:
    """Return an open input with the posted label and hint; the default label is the model's."""
    name = segment(field.name)
    if f"{LABEL}{name}" not in post:
        return field
    typed_label = " ".join(_first(post, f"{LABEL}{name}").split())[:NAME_CHARS]
    hint = " ".join(_first(post, f"{HINT}{name}").split())[:HINT_CHARS]
    step, path = field.targets[0]
    own = field_at(versions[step].root, path).label if step in versions else ""
    return replace(field, label=typed_label or own or field.name, hint=hint)


def _first(post: Post, name: str) -> str:
    return next(iter(post.get(name, ())), "")


@dataclass(frozen=True)
class Source:
    """An option for filling a place: a step's output, as a control's value."""

    value: str
    words: str
    is_chosen: bool = False


@dataclass(frozen=True)
class Socket:
    """A place in a step that outputs of other steps can fill, and the options for it."""

    name: str
    label: str
    sources: tuple[Source, ...]
    is_required: bool = False

    @property
    def chosen(self) -> Source | None:
        """Return the selected option."""
        return next((source for source in self.sources if source.is_chosen), None)


def sockets(definition: Definition, versions: Versions, step: Step) -> list[Socket]:
    """Return the places of a step that wires fill or could fill, filled ones first."""
    number, version = definition.number(step.id), versions.get(step.id)
    offered = outputs_before(definition, versions, step)
    takers = inputs_of(version.root) if version else []
    labels = {path_of(field): (field.label, field.kind, field.is_required) for field in takers}
    sockets = []
    for wire in step.wires:
        socket_label, kind, is_needed = labels.get(wire.to, (place_in_words(wire.to), "", False))
        choices = _choices(definition, offered, kind, wire)
        sockets.append(Socket(wire_name(number, wire.to), socket_label, choices, is_needed))
    filled = {wire.to for wire in step.wires}
    for path, (socket_label, kind, is_needed) in labels.items():
        if path in filled and APPEND not in path:
            continue
        choices = _choices(definition, offered, kind, None)
        if choices:
            socket_name = f"{socket_label}, one more" if path in filled else socket_label
            sockets.append(Socket(wire_name(number, path), socket_name, choices, is_needed))
    return sockets


def outputs_before(
    definition: Definition, versions: Versions, step: Step
) -> Mapping[str, list[Output]]:
    """Return the outputs that a step may use, by step: those of steps that do not depend on it."""
    later = definition.after(step.id)
    return {
        step.id: outputs_of(versions[step.id])
        for step in definition.steps
        if step.id not in later and step.id in versions
    }


def _choices(
    definition: Definition, offered: Mapping[str, list[Output]], kind: str, wire: Wire | None
) -> tuple[Source, ...]:
    """Return the outputs of a kind, and the wire's current source, which may be another place."""
    now = wire_value(wire) if wire else ""
    labels = {
        wire_value(Wire((), name, output.path)): f"Step {definition.number(name)}: {output.label}"
        for name, outputs in offered.items()
        for output in outputs
        if output.kind == kind
    }
    if wire and now not in labels:
        number = definition.number(wire.step)
        labels = {now: f"Step {number}: {path_in_words(wire.path) or 'the whole output'}"} | labels
    return tuple(Source(value, text, value == now) for value, text in labels.items())


def label_of(version: Version | None, to: Path) -> str:
    """Return the label of a place in a model's arguments, as in its form."""
    takers = inputs_of(version.root) if version else ()
    field_label = next((field.label for field in takers if path_of(field) == to), "")
    return field_label or place_in_words(to)


def place_in_words(to: Path) -> str:
    """Return a label for a place without a field: `IP adapter · Mask`."""
    names = [part for part in to if isinstance(part, str) and part != APPEND]
    return " · ".join(label(name) for name in names) or "Input"


@dataclass(frozen=True)
class AskableField:
    """A field that the flow's form may ask for."""

    value: str
    label: str
    is_asked: bool
    own: Input | None = None  # set if the open input is named after this field

    @property
    def label_name(self) -> str:
        """Return the name of the control for its label."""
        return f"{LABEL}{segment(self.own.name)}" if self.own else ""

    @property
    def hint_name(self) -> str:
        """Return the name of the control for its hint."""
        return f"{HINT}{segment(self.own.name)}" if self.own else ""


def askable(definition: Definition, versions: Versions, step: Step) -> list[AskableField]:
    """Return the fields of a step that the flow's form may ask for."""
    paths = {path for field in definition.inputs for name, path in field.targets if name == step.id}
    wired = {wire.to[0] for wire in step.wires if len(wire.to) == 1}
    version = versions.get(step.id)
    labels: dict[Path, str] = {}
    for child in version.root.children if version else ():
        is_offered = not child.is_hidden and child.name not in wired
        if is_offered or (child.name,) in paths:
            labels[child.name,] = child.label
    labels |= {path: place_in_words(path) for path in paths if path not in labels}
    inputs = {field.targets[0]: field for field in definition.inputs}
    return [
        AskableField(
            dumps(list(path), indent=None), text, path in paths, inputs.get((step.id, path))
        )
        for path, text in labels.items()
    ]


def without_marks(post: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the part of a post that concerns fields."""
    return {name: texts for name, texts in post.items() if not name.startswith("~")}
