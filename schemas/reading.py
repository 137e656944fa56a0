"""A form post → arguments: walks the Field tree and reads each value with its exact JSON type."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from enum import Enum
from typing import Any, Final

from schemas.controls import Post, Rows, below, last
from schemas.exact import NotJson, identical, loads
from schemas.fields import MISSING, Field
from schemas.fitting import is_default_branch
from schemas.texts import shown

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the value at a JSON path, in a sentence for people."""

    path: Path
    message: str


@dataclass(slots=True)
class Parsed:
    """What a post says: the arguments, what could not be read, and which control holds which path."""

    arguments: dict[str, Any]
    problems: list[Problem]
    names: dict[Path, str] = attribute(default_factory=dict)


class Need(Enum):
    """What it means to leave a value out: nothing; an error; or it was chosen, so it stands."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    CHOSEN = "chosen"  # a list's row, a union's alternative


class _Nothing(Enum):
    ABSENT = "no control was posted"
    BLANK = "posted, and empty"


ABSENT: Final = _Nothing.ABSENT
BLANK: Final = _Nothing.BLANK
OTHERS: Final = -1  # stands for an object's further keys in a path; no list has it
EMPTY: dict[str, Any] = {"string": "", "list": [], "tuple": [], "map": {}, "object": {}}


class Unreadable(ValueError):
    """A posted text that is no value of its field; the message completes "<label> …"."""


def parse(root: Field, post: Post) -> Parsed:
    """The arguments that a post of this form stands for.

    Left out is what nobody set: controls that are not posted, optional ones that are empty or
    hold their default. With `~mode=json` the whole object is read from `~json`.
    """
    reader = Reader(post)
    if last(post, "~mode") == "json":
        return Parsed(*reader.whole())
    arguments = reader.read(root, "", (), MISSING, Need.REQUIRED)
    if not isinstance(arguments, dict):
        arguments = {}
    return Parsed(arguments, reader.problems, reader.names)


class Reader:
    """One walk over one post."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.rows = Rows(post)
        self.problems: list[Problem] = []
        self.names: dict[Path, str] = {}

    def whole(self) -> tuple[dict[str, Any], list[Problem]]:
        """The JSON tab's text as arguments."""
        text = last(self.post, "~json") or ""
        try:
            value = loads(text) if text.strip() else {}
        except NotJson as error:
            return {}, [Problem((), f"The JSON cannot be read: {error}")]
        if not isinstance(value, dict):
            return {}, [Problem((), "The JSON must be an object, in braces")]
        return value, []

    def read(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """The value at `path`, or MISSING where it is to be left out."""
        self.names[path] = name
        return self.value(field, name, path, default, need)

    def value(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """As `read`, without claiming the path: a union's alternative shares it."""
        try:
            boxed = last(self.post, name + "~json") if name else None
            if boxed and boxed.strip():
                found = loads(boxed)
            else:
                found = self.natural(field, name, path, default, need)
        except NotJson as error:
            return self.refuse(path, f"{field.label or 'The value'} is not valid JSON: {error}")
        except Unreadable as error:
            return self.refuse(path, f"{field.label or 'The value'} {error}")
        return self.settle(field, name, found, default, need)

    def refuse(self, path: Path, message: str) -> Any:
        """Note a problem once; the value is missing."""
        problem = Problem(path, message)
        if problem not in self.problems:
            self.problems.append(problem)
        return MISSING

    def natural(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """What the field's own controls hold: a value, BLANK or ABSENT."""
        if field.kind == "object":
            return self.object(field, name, path, default, need)
        if field.kind == "list":
            return self.list(field, name, path)
        if field.kind == "tuple":
            return self.tuple(field, name, path, default, need)
        if field.kind == "map":
            return self.map(field, name, path)
        text = last(self.post, name)
        if text is None:
            return ABSENT
        if field.kind == "union":
            return self.union(field, name, path, text, default)
        if text == shown(field, default) and text:
            return default
        return decode(field, text)

    def settle(self, field: Field, name: str, found: Any, default: Any, need: Need) -> Any:
        """Whether what was found is sent, and what stands for an empty control."""
        has_default = default is not MISSING and default is not None
        if found is ABSENT:
            return default if need is Need.REQUIRED and has_default else MISSING
        if found is not BLANK:
            is_idle = need is Need.OPTIONAL and identical(found, default)
            return MISSING if is_idle and not self.is_marked(name, "set") else found
        if field.is_nullable and self.is_marked(name, "null"):
            return None
        empty = EMPTY.get(field.kind, MISSING)
        if empty is not MISSING and self.is_marked(name, "set"):
            return empty
        if has_default and field.kind not in {"object", "tuple"}:
            if empty is not MISSING and not identical(default, empty):
                return empty  # somebody cleared the default
            if empty is MISSING and field.is_nullable:
                return None
            if need is not Need.OPTIONAL:
                return default
        return None if need is Need.REQUIRED and field.is_nullable else MISSING

    def is_marked(self, name: str, mark: str) -> bool:
        """Whether our hidden mark stands beside a control."""
        return f"{name}~{mark}" in self.post

    def object(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """The properties that were set. BLANK when nobody touched an object that may be left out."""
        is_set = self.is_marked(name, "set")
        preset = default if isinstance(default, dict) and not is_set else {}
        found = {
            child.name: value
            for child in field.children
            if (value := self.child(child, name, path, preset, Need.OPTIONAL)) is not MISSING
        }
        extras = self.extras(field, name, path)
        is_open = need is Need.REQUIRED and field.is_nullable
        if not (found or extras or is_set) and (need is Need.OPTIONAL or is_open):
            return BLANK
        if is_set and not (found or extras):
            return {}
        if not (found or extras or is_set) and name and isinstance(default, dict):
            return default
        for child in field.children:
            if child.is_required and child.name not in found:
                value = self.child(child, name, path, preset, Need.REQUIRED)
                if value is not MISSING:
                    found[child.name] = value
        if not (found or extras) and name:
            return {c.name: c.default for c in field.children if c.has_default}
        ordered = {child.name: found[child.name] for child in field.children if child.name in found}
        return ordered | _unlike(preset, field, ordered) | extras

    def child(self, child: Field, name: str, path: Path, preset: dict[str, Any], need: Need) -> Any:
        """One property, whose default the object's own default may override."""
        default = preset.get(child.name, child.default)
        return self.read(child, below(name, child.name), (*path, child.name), default, need)

    def extras(self, field: Field, name: str, path: Path) -> dict[str, Any]:
        """Keys that the schema does not know, from their own rows."""
        self.names[(*path, OTHERS)] = name + "~extra"
        so_far = len(self.problems)
        found = self.value(field.others, name + "~extra", path, MISSING, Need.OPTIONAL)
        if found is not MISSING and not isinstance(found, dict):
            self.refuse(path, f"{field.others.label} must be a JSON object, in braces")
        for at, problem in enumerate(self.problems[so_far:], start=so_far):
            if problem.path == path:  # with the rows, not with all that stands beside them
                self.problems[at] = replace(problem, path=(*path, OTHERS))
        if not isinstance(found, dict):
            return {}
        for child in field.children:
            if child.name in found:
                self.refuse((*path, child.name), f"“{child.name}” has a field of its own")
        return found

    def list(self, field: Field, name: str, path: Path) -> Any:
        """The rows in order, blank ones dropped; plainly repeated controls are rows too."""
        rows, plain = self.rows.of(name), self.post.get(name)
        if rows is None and plain is None:
            return ABSENT
        item = field.item or Field(kind="json")
        found: list[Any] = []
        for row in rows or ():
            here = (*path, len(found))
            value = self.read(item, below(name, row), here, item.default, Need.CHOSEN)
            if value is not MISSING or self.has_problem(here):
                found.append(None if value is MISSING else value)  # its problem keeps its place
        for text in plain or ():
            self.names.setdefault((*path, len(found)), name)
            value = decode(item, text.replace("\r\n", "\n")) if text else BLANK
            if value is not BLANK:
                found.append(value)
        return found or BLANK

    def tuple(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """All places, once one of them was set; those at the end may be left out."""
        is_set = self.is_marked(name, "set")
        preset = default if isinstance(default, list) and not is_set else []
        places = [
            (child, below(name, n), (*path, n), preset[n] if n < len(preset) else child.default)
            for n, child in enumerate(field.children)
        ]
        touched = (self.read(*place, Need.OPTIONAL) is not MISSING for place in places)
        if not is_set and not any(list(touched)):
            return default if isinstance(default, list) and need is not Need.OPTIONAL else BLANK
        found = [self.read(*place, Need.CHOSEN) for place in places]
        while found and found[-1] is MISSING:
            found.pop()
        for number, value in enumerate(found):
            here = (*path, number)
            if value is MISSING and not self.has_problem(here):
                self.refuse(here, f"{field.children[number].label} needs a value")
        return [value for value in found if value is not MISSING]  # others only beside a problem

    def map(self, field: Field, name: str, path: Path) -> Any:
        """The rows as one object; a row without key and value is dropped."""
        rows = self.rows.of(name)
        if rows is None:
            return ABSENT
        item = field.item or Field(kind="json")
        found: dict[str, Any] = {}
        for row in rows:
            here = below(name, row)
            key = last(self.post, here + "~key") or ""
            value = self.read(item, here, (*path, key), item.default, Need.CHOSEN)
            if value is MISSING and key and not self.has_problem((*path, key)):
                value = EMPTY.get(item.kind, MISSING)
            if not key and (value is MISSING or identical(value, item.default)):
                continue
            if key in found:
                raise Unreadable(f"may not have the key “{key}” twice")
            if value is not MISSING:
                found[key] = value
            elif not self.has_problem((*path, key)):
                self.refuse((*path, key), f"“{key}” needs a value")
        return found or BLANK

    def has_problem(self, path: Path) -> bool:
        """Whether something at or below a path could not be read."""
        return any(problem.path[: len(path)] == path for problem in self.problems)

    def union(self, field: Field, name: str, path: Path, text: str, default: Any) -> Any:
        """The plain option that was chosen, or what the chosen alternative's own controls hold."""
        if not text:
            return BLANK
        option = next((option for option in field.options if option.key == text), None)
        if option is None:
            return self.loose(field, text)
        if not option.branch:
            return option.value
        branch = field.branches[option.branch - 1]
        preset = default if is_default_branch(field, option.branch, default) else branch.default
        found = self.value(branch, name + text, path, preset, Need.CHOSEN)
        return BLANK if found is MISSING else found

    def loose(self, field: Field, text: str) -> Any:
        """A text that is no option, as the first simple alternative that can read it."""
        for branch in field.branches:
            if branch.kind in {"string", "integer", "number"}:
                try:
                    return decode(branch, text)
                except Unreadable:
                    continue
        raise Unreadable("must be one of the choices")


def locate(names: dict[Path, str], path: Path) -> tuple[str, Path]:
    """The control that holds a JSON path, and what of the path it does not account for.

    The longest known prefix wins; names of union alternatives, which pydantic puts in, are
    skipped (protocol 11.4). The form itself is named `""`.
    """
    here: Path = ()
    rest: list[str | int] = []
    for part in path:
        known = next((one for one in _spelt(part) if (*here, one) in names), None)
        if known is not None and (here or not rest):
            here, rest = (*here, known), []
        else:
            rest.append(part)
    return names.get(here, ""), tuple(rest)


def _spelt(part: str | int) -> tuple[str | int, ...]:
    """A part of a path as it stands, and as the number that it may be written for."""
    is_number = isinstance(part, str) and part.isascii() and part.isdecimal() and len(part) < 9
    return (part, int(part)) if is_number else (part,)


def _unlike(preset: dict[str, Any], field: Field, found: dict[str, Any]) -> dict[str, Any]:
    """What an object's own default says otherwise than its properties' defaults do.

    Sent along once anything in the object is sent: the model would put in the latter.
    """
    own = {child.name: child.default for child in field.children}
    return {
        key: value
        for key, value in preset.items()
        if key not in found and not identical(value, own.get(key, MISSING))
    }


_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}(?:\.0*)?")
_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]{1,4000}\.?[0-9]{0,4000}|\.[0-9]{1,4000})(?:[eE][+-]?[0-9]{1,6})?"
)


def decode(field: Field, text: str) -> Any:
    """One control's text as a value of its field, or BLANK; raises Unreadable."""
    if field.kind == "string":
        return text or BLANK
    if field.kind in {"choice", "boolean"}:
        return _chosen(field, text)
    if not text.strip():
        return BLANK
    if field.kind in {"integer", "number"}:
        return _numeric(field, text.strip())
    return loads(text)


def _chosen(field: Field, text: str) -> Any:
    if not text:
        return BLANK
    if field.kind == "boolean" and text == "on":
        return True
    for option in field.options:
        if option.key == text:
            return option.value
    raise Unreadable("must be one of the choices")


def _numeric(field: Field, text: str) -> int | float:
    if _INTEGER.fullmatch(text) and (field.kind == "integer" or "." not in text):
        return int(text.partition(".")[0])
    if field.kind == "integer":
        raise Unreadable("must be a whole number")
    if not _DECIMAL.fullmatch(text):
        raise Unreadable("must be a number")
    value = float(text)
    if not math.isfinite(value):
        raise Unreadable("is too large a number")
    return value
