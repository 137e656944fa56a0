"""The page on which a flow is edited: each step's fields, its wires, and what the flow asks for.

The fields of all steps are one tree with a group for each step, so that they are drawn and read
like a model's own form. Beside them the page posts, by the step's number:

    ~wire.2.image_urls.*   what fills the place: `["s1", ["images", 0, "url"]]`, or empty
    ~ask.2                 a place that the flow's form asks for: `["prompt"]`
    ~label.prompt          what the flow's form calls an open input, and below its field
    ~hint.prompt
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from flows.compose.chain import path_of, with_input
from flows.compose.definition import (
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
from flows.compose.form import Versions
from flows.compose.outputs import Output, outputs_of, path_in_words
from flows.compose.wiring import field_at
from schemas.changes.migrate_arguments import Version
from schemas.exact import NotJson, dumps, loads
from schemas.fields import Field
from schemas.form.controls import Post, segment
from schemas.form.decode import Problem, decode_post
from schemas.form.encode import encode_arguments
from schemas.uses.inputs import inputs_of
from schemas.wording.labels import label

WIRE, ASK = "~wire.", "~ask."
LABEL, HINT = "~label.", "~hint."
MARKS = (WIRE, ASK, LABEL, HINT)


def root_of(definition: Definition, versions: Versions) -> Field:
    """The fields of all steps, a group for each, without those that wires fill."""
    groups = [_group(step, versions) for step in definition.steps]
    return Field(kind="object", children=tuple(groups))


def _group(step: Step, versions: Versions) -> Field:
    version = versions.get(step.id)
    if version is None or not version.root.children:
        return Field(kind="json", name=step.id, label="Input as JSON")
    wired = {wire.to[0] for wire in step.wires if len(wire.to) == 1}
    children = (one for one in version.root.children if one.name not in wired)
    # Nothing is required here: what a field lacks may be asked for at each run.
    fields = tuple(replace(one, is_required=False) for one in children)
    rest = Field(kind="map", item=Field(kind="json"), is_open=False)
    return Field(kind="object", name=step.id, children=fields, rest=rest)


def first_post(definition: Definition, versions: Versions) -> dict[str, list[str]]:
    """The post of the page before anything is changed."""
    root = root_of(definition, versions)
    values = {step.id: step.arguments for step in definition.steps if step.arguments}
    post = encode_arguments(root, values)
    for number, step in enumerate(definition.steps, start=1):
        for wire in step.wires:
            post.setdefault(wire_name(number, wire.to), []).append(wire_value(wire))
        asked = [path for one in definition.inputs for name, path in one.targets if name == step.id]
        post[f"{ASK}{number}"] = [dumps(list(path), indent=None) for path in asked]
    return post


def wire_name(number: int, to: Path) -> str:
    """The control that says what fills a place of a step; `#0` is a place in a list.

    Browsers change quotes in the names of posted parts, so it is no JSON.
    """
    return f"{WIRE}{number}.{'.'.join(map(_part_text, to))}"


def _part_text(part: str | int) -> str:
    if isinstance(part, int):
        return f"#{part}"
    return part if part == APPEND else segment(part)


def _place(text: str) -> Path | None:
    """The place in a control's name; None if it is none."""
    parts = text.split(".")
    is_number = [part[:1] == "#" and part[1:].isdecimal() and len(part) < 6 for part in parts]
    found = [
        int(part[1:]) if is_place else unquote(part)
        for part, is_place in zip(parts, is_number, strict=True)
    ]
    return read_path(found) if text else None


def wire_value(wire: Wire) -> str:
    """A control's text that stands for a wire's source."""
    return dumps([wire.step, list(wire.path)], indent=None)


@dataclass(frozen=True)
class Edited:
    """What a post of the page means."""

    definition: Definition
    problems: list[Problem]


def read_edit(definition: Definition, versions: Versions, post: Post) -> Edited:
    """The definition with what was posted; the steps themselves stay."""
    decoded = decode_post(root_of(definition, versions), post)
    unread = {(str(one.path[0]), str(one.path[1])) for one in decoded.problems if len(one.path) > 1}
    steps = []
    for number, step in enumerate(definition.steps, start=1):
        posted = decoded.arguments.get(step.id)
        arguments = dict(posted) if isinstance(posted, dict) else {}
        for name, value in step.arguments.items():
            if (step.id, name) in unread:  # what cannot be read does not replace what was there
                arguments.setdefault(name, value)
        wires = _wires(definition, step, number, post)
        wired = {wire.to for wire in wires}
        arguments = {name: value for name, value in arguments.items() if (name,) not in wired}
        steps.append(replace(step, arguments=arguments, wires=wires))
    changed = _with_asked(replace(definition, steps=tuple(steps)), versions, post)
    return Edited(_with_freed(changed, definition, versions), decoded.problems)


def _with_freed(changed: Definition, before: Definition, versions: Versions) -> Definition:
    """The definition asking for the required fields that a wire has filled until now."""
    for now, then in zip(changed.steps, before.steps, strict=True):
        freed = {wire.to[0] for wire in then.wires} - {wire.to[0] for wire in now.wires}
        version = versions.get(now.id)
        for child in version.root.children if version else ():
            if child.name in freed and child.is_required and child.name not in now.arguments:
                changed = with_input(changed, now.id, (child.name,), child)
    return changed


def _wires(definition: Definition, step: Step, number: int, post: Post) -> tuple[Wire, ...]:
    """The wires of a step as posted; one that would close a circle is left out."""
    prefix, found = f"{WIRE}{number}.", list[Wire]()
    allowed = {one.id for one in definition.steps} - definition.after(step.id)
    for name, texts in post.items():
        to = _place(name.removeprefix(prefix)) if name.startswith(prefix) else None
        for text in texts if to else ():
            source = _source(text)
            if to and source and source[0] in allowed:
                found.append(Wire(to, *source))
    return tuple(dict.fromkeys(found))


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
    """The definition with the open inputs that are ticked; known ones keep name and place."""
    wanted: dict[tuple[str, Path], None] = {}
    for number, step in enumerate(definition.steps, start=1):
        wired = {wire.to for wire in step.wires}
        for text in post.get(f"{ASK}{number}", ()):
            if (path := _path(text)) and path not in wired:
                wanted[step.id, path] = None
    kept = []
    for one in definition.inputs:
        targets = tuple(target for target in one.targets if target in wanted)
        if targets:
            kept.append(replace(one, targets=targets))
    kept = [_in_words(one, definition, versions, post) for one in kept]
    definition = replace(definition, inputs=tuple(kept))
    for step_id, path in wanted:
        version = versions.get(step_id)
        found = field_at(version.root, path) if version else Field(kind="json")
        definition = with_input(definition, step_id, path, found)
    return definition


def _in_words(one: Input, definition: Definition, versions: Versions, post: Post) -> Input:
    """An open input with the label and the hint as posted; an empty label is the model's own."""
    name = segment(one.name)
    if f"{LABEL}{name}" not in post:
        return one
    typed = " ".join(_first(post, f"{LABEL}{name}").split())[:NAME_CHARS]
    hint = " ".join(_first(post, f"{HINT}{name}").split())[:HINT_CHARS]
    step, path = one.targets[0]
    own = field_at(versions[step].root, path).label if step in versions else ""
    return replace(one, label=typed or own or one.name, hint=hint)


def _first(post: Post, name: str) -> str:
    return next(iter(post.get(name, ())), "")


@dataclass(frozen=True)
class Source:
    """One choice of what fills a place: a step's output, as a control's value."""

    value: str
    words: str
    is_chosen: bool = False


@dataclass(frozen=True)
class Socket:
    """A place of a step that other steps' outputs can fill, with what is offered for it."""

    name: str
    label: str
    sources: tuple[Source, ...]
    is_required: bool = False

    @property
    def chosen(self) -> Source | None:
        """What fills it now."""
        return next((one for one in self.sources if one.is_chosen), None)


def sockets(definition: Definition, versions: Versions, step: Step) -> list[Socket]:
    """The places of a step that wires fill or could fill, those filled first."""
    number, version = definition.number(step.id), versions.get(step.id)
    offered = outputs_before(definition, versions, step)
    takers = inputs_of(version.root) if version else []
    labels = {path_of(one): (one.label, one.kind, one.is_required) for one in takers}
    found = []
    for wire in step.wires:
        named, kind, is_needed = labels.get(wire.to, (place_in_words(wire.to), "", False))
        choices = _choices(definition, offered, kind, wire)
        found.append(Socket(wire_name(number, wire.to), named, choices, is_needed))
    filled = {wire.to for wire in step.wires}
    for path, (named, kind, is_needed) in labels.items():
        if path in filled and APPEND not in path:
            continue
        choices = _choices(definition, offered, kind, None)
        if choices:
            more = f"{named}, one more" if path in filled else named
            found.append(Socket(wire_name(number, path), more, choices, is_needed))
    return found


def outputs_before(
    definition: Definition, versions: Versions, step: Step
) -> Mapping[str, list[Output]]:
    """What the steps give that a step may take from: those that do not wait for it."""
    later = definition.after(step.id)
    return {
        one.id: outputs_of(versions[one.id])
        for one in definition.steps
        if one.id not in later and one.id in versions
    }


def _choices(
    definition: Definition, offered: Mapping[str, list[Output]], kind: str, wire: Wire | None
) -> tuple[Source, ...]:
    """The outputs of a kind, and what the wire takes now, which may be another place."""
    now = wire_value(wire) if wire else ""
    found = {
        wire_value(Wire((), name, one.path)): f"Step {definition.number(name)}: {one.label}"
        for name, outputs in offered.items()
        for one in outputs
        if one.kind == kind
    }
    if wire and now not in found:
        number = definition.number(wire.step)
        found = {now: f"Step {number}: {path_in_words(wire.path) or 'the whole output'}"} | found
    return tuple(Source(value, words, value == now) for value, words in found.items())


def label_of(version: Version | None, to: Path) -> str:
    """A place of a model's arguments for people, as its form calls it."""
    takers = inputs_of(version.root) if version else ()
    named = next((one.label for one in takers if path_of(one) == to), "")
    return named or place_in_words(to)


def place_in_words(to: Path) -> str:
    """A place of the arguments for people: `IP adapter · Mask`."""
    names = [part for part in to if isinstance(part, str) and part != APPEND]
    return " · ".join(label(name) for name in names) or "Input"


@dataclass(frozen=True)
class Asked:
    """A field that the flow's form may ask for."""

    value: str
    label: str
    is_asked: bool
    own: Input | None = None  # where it is this field that names an open input

    @property
    def label_name(self) -> str:
        """The name of the control for its label."""
        return f"{LABEL}{segment(self.own.name)}" if self.own else ""

    @property
    def hint_name(self) -> str:
        """The name of the control for its hint."""
        return f"{HINT}{segment(self.own.name)}" if self.own else ""


def askable(definition: Definition, versions: Versions, step: Step) -> list[Asked]:
    """The fields of a step that the flow's form may ask for at each run."""
    asked = {path for one in definition.inputs for name, path in one.targets if name == step.id}
    wired = {wire.to[0] for wire in step.wires if len(wire.to) == 1}
    version = versions.get(step.id)
    found: dict[Path, str] = {}
    for child in version.root.children if version else ():
        is_offered = not child.is_hidden and child.name not in wired
        if is_offered or (child.name,) in asked:
            found[child.name,] = child.label
    found |= {path: place_in_words(path) for path in asked if path not in found}
    named = {one.targets[0]: one for one in definition.inputs}
    return [
        Asked(dumps(list(path), indent=None), words, path in asked, named.get((step.id, path)))
        for path, words in found.items()
    ]


def without_marks(post: Mapping[str, Any]) -> dict[str, list[str]]:
    """The part of a post that is about fields."""
    return {name: texts for name, texts in post.items() if not name.startswith("~")}
