"""A form post: the names of its controls, and its values decoded to arguments.

A control is named by the path of its property, joined by dots; list rows by number
(`loras.0.path`). A property name with other characters than letters, digits, `_` and `-` is
percent-encoded, so that it never contains a raw dot or `~`. Names of our own follow a `~`:

    path~1         alternative 1 of a union; its fields are below it (`image_size~1.width`)
    path~rows      the row numbers of a list or map in order; an empty one marks an empty list
    path.0~key     the key of a map's row
    path~extra     a map of keys that the schema does not define (`path~extra.0~key`)
    path~json      this value as JSON, instead of its controls
    path~set       send the value even if omitting it would mean the same
    path~null      an empty control means null
    path~file(s)   uploaded files whose URLs become the value (or the rows)
    ~mode, ~json   the whole form as JSON
    ~do            the action of a button that changes the form

`decode_post` walks the Field tree and decodes each value to its exact JSON type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from enum import Enum
from itertools import islice
from typing import Any, Final, assert_never
from urllib.parse import quote

from schemas.exact import NotJson, identical, loads
from schemas.fields import MISSING, Field
from schemas.fields.fitting import is_default_branch
from schemas.form.texts import control_text
from schemas.numbers import NotANumber, read_number

Path = tuple[str | int, ...]
Post = Mapping[str, list[str]]

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_RESERVED = {"csrfmiddlewaretoken", "_charset_", "isindex"}  # have a meaning to Django or browsers
ROW = re.compile(r"[0-9]{1,6}")
BLANK_ROW = "*"  # the row number in a list's template; never decoded
# Our forms have no longer names. A name with a million rows would create as many lists.
MAX_NAME_CHARS = 1000
MAX_ROWS_IN_NAME = 12
_ROW_IN_NAME = re.compile(r"\.([0-9]{1,6})(?=[.~]|$)")


def segment(name: str) -> str:
    """A property name encoded as one segment of a control name."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    if name in _RESERVED:
        return f"%{ord(name[0]):02X}{name[1:]}"
    encoded = quote(name, safe="", errors="surrogatepass").replace(".", "%2E").replace("~", "%7E")
    return encoded or "%"


def below(name: str, part: str | int) -> str:
    """The control name of a property or row of the value named `name`."""
    part = str(part) if isinstance(part, int) else segment(part)
    return f"{name}.{part}" if name else part


def last_value(post: Post, name: str) -> str | None:
    """The last text posted under `name`, or None; a checkbox comes after its hidden "off"."""
    texts = post.get(name)
    return texts[-1].replace("\r\n", "\n").replace("\r", "\n") if texts else None


class Rows:
    """The rows of each list in a post; indexed on first use."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self._found: dict[str, dict[int, None]] | None = None

    def row_numbers(self, name: str) -> list[int] | None:
        """Row numbers in order: as `~rows` lists them, then others by number. None: no list."""
        numbers = self.index().get(name, {})
        row_texts = self.post.get(name + "~rows")
        if row_texts is None and not numbers:
            return None
        order = dict.fromkeys(int(text) for text in row_texts or () if ROW.fullmatch(text))
        return [*order, *sorted(numbers.keys() - order.keys())]

    def index(self) -> dict[str, dict[int, None]]:
        """List name → the row numbers that occur in control names."""
        if self._found is None:
            self._found = {}
            for name in self.post:
                if len(name) > MAX_NAME_CHARS:
                    continue
                for match in islice(_ROW_IN_NAME.finditer(name), MAX_ROWS_IN_NAME):
                    self._found.setdefault(name[: match.start()], {})[int(match[1])] = None
        return self._found


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the value at a JSON path, as a sentence for users."""

    path: Path
    message: str


@dataclass(slots=True)
class DecodedPost:
    """A decoded post: the arguments, the problems, and the control name of each path."""

    arguments: dict[str, Any]
    problems: list[Problem]
    names: dict[Path, str] = attribute(default_factory=dict)


class Need(Enum):
    """Whether a value may be omitted."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    CHOSEN = "chosen"  # a list's row or a union's alternative: never omitted


class _Nothing(Enum):
    ABSENT = "no control was posted"
    BLANK = "posted, and empty"


ABSENT: Final = _Nothing.ABSENT
BLANK: Final = _Nothing.BLANK
OTHERS: Final = -1  # in a path: an object's undefined keys; never a list index


class Unreadable(ValueError):
    """A posted text that is not a value of its field; the message completes "<label> …"."""


def decode_post(root: Field, post: Post) -> DecodedPost:
    """The arguments that a form post means.

    Omits what was not set: controls that were not posted, and optional ones that are empty or hold
    their default. With `~mode=json` the whole object comes from `~json`.
    """
    decoder = Decoder(post)
    if last_value(post, "~mode") == "json":
        return DecodedPost(*decoder.json_tab())
    arguments = decoder.decode(root, "", (), MISSING, Need.REQUIRED)
    if not isinstance(arguments, dict):
        arguments = {}
    return DecodedPost(arguments, decoder.problems, decoder.names)


class Decoder:
    """Decodes one post."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.rows = Rows(post)
        self.problems: list[Problem] = []
        self.names: dict[Path, str] = {}
        self._known: set[Problem] = set()
        self._with_problems: set[Path] = set()  # the problems' paths and those above them

    def json_tab(self) -> tuple[dict[str, Any], list[Problem]]:
        """The JSON tab's text as arguments."""
        text = last_value(self.post, "~json") or ""
        try:
            value = loads(text) if text.strip() else {}
        except NotJson as error:
            return {}, [Problem((), f"The JSON cannot be read: {error}")]
        if not isinstance(value, dict):
            return {}, [Problem((), "The JSON must be an object, in braces")]
        return value, []

    def decode(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """The value at `path`, or MISSING if it is to be omitted."""
        self.names[path] = name
        return self.decode_value(field, name, path, default, need)

    def decode_value(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """As `decode`, without recording the name: a union and its branch share a path."""
        try:
            boxed = last_value(self.post, name + "~json") if name else None
            if boxed and boxed.strip():
                value = loads(boxed)
            else:
                value = self.from_controls(field, name, path, default, need)
        except NotJson as error:
            return self.add_problem(
                path, f"{field.label or 'The value'} is not valid JSON: {error}"
            )
        except Unreadable as error:
            return self.add_problem(path, f"{field.label or 'The value'} {error}")
        return self.apply_default(field, name, value, default, need)

    def add_problem(self, path: Path, message: str) -> Any:
        """Records a problem once; returns MISSING."""
        problem = Problem(path, message)
        if problem not in self._known:
            self._known.add(problem)
            self._with_problems.update(path[:end] for end in range(len(path) + 1))
            self.problems.append(problem)
        return MISSING

    def from_controls(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """The value in the field's own controls, or BLANK or ABSENT."""
        match field.kind:
            case "object":
                return self.object(field, name, path, default, need)
            case "list":
                return self.list(field, name, path)
            case "tuple":
                return self.tuple(field, name, path, default, need)
            case "map":
                return self.map(field, name, path)
            case "union":
                return self.union(field, name, path, default)
            case "choice" | "boolean" | "integer" | "number" | "string" | "json":
                return self.single(field, name, default)
            case unknown:
                assert_never(unknown)

    def single(self, field: Field, name: str, default: Any) -> Any:
        """The value of one control; a text that shows the default means exactly the default."""
        text = last_value(self.post, name)
        if text is None:
            return ABSENT
        if text == control_text(field, default) and text:
            return default
        return decode_text(field, text)

    def apply_default(self, field: Field, name: str, value: Any, default: Any, need: Need) -> Any:
        """Decides whether a found value is sent, and what an empty control means."""
        has_default = default is not MISSING and default is not None
        if value is ABSENT:
            return default if need is Need.REQUIRED and has_default else MISSING
        if value is not BLANK:
            is_idle = need is Need.OPTIONAL and identical(value, default)
            return MISSING if is_idle and not self.is_marked(name, "set") else value
        if field.is_nullable and self.is_marked(name, "null"):
            return None
        empty = field.traits.empty
        if empty is not MISSING and self.is_marked(name, "set"):
            return empty
        if has_default and not field.traits.has_places:
            if empty is not MISSING and not identical(default, empty):
                return empty  # the user cleared the default
            if empty is MISSING and field.is_nullable:
                return None
            if need is not Need.OPTIONAL:
                return default
        return None if need is Need.REQUIRED and field.is_nullable else MISSING

    def is_marked(self, name: str, mark: str) -> bool:
        """Whether the control has our hidden mark (`set`, `null`)."""
        return f"{name}~{mark}" in self.post

    def object(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """The properties that were set; BLANK for an untouched object that may be omitted."""
        is_set = self.is_marked(name, "set")
        preset = default if isinstance(default, dict) and not is_set else {}
        properties = {
            child.name: value
            for child in field.children
            if (value := self.child(child, name, path, preset, Need.OPTIONAL)) is not MISSING
        }
        extras = self.extras(field, name, path)
        is_open = need is Need.REQUIRED and field.is_nullable
        if not (properties or extras or is_set) and (need is Need.OPTIONAL or is_open):
            return BLANK
        if is_set and not (properties or extras):
            return {}
        if not (properties or extras or is_set) and name and isinstance(default, dict):
            return default
        for child in field.children:
            if child.is_required and child.name not in properties:
                value = self.child(child, name, path, preset, Need.REQUIRED)
                if value is not MISSING:
                    properties[child.name] = value
        if not (properties or extras) and name:
            return {c.name: c.default for c in field.children if c.has_default}
        ordered = {
            child.name: properties[child.name]
            for child in field.children
            if child.name in properties
        }
        return ordered | _own_defaults(preset, field, ordered) | extras

    def child(self, child: Field, name: str, path: Path, preset: dict[str, Any], need: Need) -> Any:
        """One property, whose default the object's own default may override."""
        default = preset.get(child.name, child.default)
        return self.decode(child, below(name, child.name), (*path, child.name), default, need)

    def extras(self, field: Field, name: str, path: Path) -> dict[str, Any]:
        """Keys that the schema does not define, from their own rows."""
        self.names[(*path, OTHERS)] = name + "~extra"
        so_far = len(self.problems)
        extra = self.decode_value(field.others, name + "~extra", path, MISSING, Need.OPTIONAL)
        if extra is not MISSING and not isinstance(extra, dict):
            self.add_problem(path, f"{field.others.label} must be a JSON object, in braces")
        for at, problem in enumerate(self.problems[so_far:], start=so_far):
            if problem.path == path:  # show it at the extra rows, not at the whole object
                self.problems[at] = replace(problem, path=(*path, OTHERS))
        if not isinstance(extra, dict):
            return {}
        for child in field.children:
            if child.name in extra:
                self.add_problem((*path, child.name), f"“{child.name}” has a field of its own")
        return extra

    def list(self, field: Field, name: str, path: Path) -> Any:
        """The rows in order without blank ones; repeated controls of the same name are rows too."""
        rows, plain = self.rows.row_numbers(name), self.post.get(name)
        if rows is None and plain is None:
            return ABSENT
        item = field.item or Field(kind="json")
        values: list[Any] = []
        for row in rows or ():
            row_path = (*path, len(values))
            value = self.decode(item, below(name, row), row_path, item.default, Need.CHOSEN)
            if value is not MISSING or self.has_problem(row_path):
                values.append(
                    None if value is MISSING else value
                )  # keeps the index of the invalid row
        for text in plain or ():
            self.names.setdefault((*path, len(values)), name)
            value = decode_text(item, text.replace("\r\n", "\n")) if text else BLANK
            if value is not BLANK:
                values.append(value)
        return values or BLANK

    def tuple(self, field: Field, name: str, path: Path, default: Any, need: Need) -> Any:
        """All places as soon as one of them is set; trailing ones may be omitted."""
        is_set = self.is_marked(name, "set")
        preset = default if isinstance(default, list) and not is_set else []
        places = [
            (child, below(name, n), (*path, n), preset[n] if n < len(preset) else child.default)
            for n, child in enumerate(field.children)
        ]
        touched = (self.decode(*place, Need.OPTIONAL) is not MISSING for place in places)
        if not is_set and not any(list(touched)):
            return default if isinstance(default, list) and need is not Need.OPTIONAL else BLANK
        values = [self.decode(*place, Need.CHOSEN) for place in places]
        while values and values[-1] is MISSING:
            values.pop()
        for number, value in enumerate(values):
            item_path = (*path, number)
            if value is MISSING and not self.has_problem(item_path):
                self.add_problem(item_path, f"{field.children[number].label} needs a value")
        return [value for value in values if value is not MISSING]  # gaps exist only with a problem

    def map(self, field: Field, name: str, path: Path) -> Any:
        """The rows as one object; skips rows without key and value."""
        rows = self.rows.row_numbers(name)
        if rows is None:
            return ABSENT
        item = field.item or Field(kind="json")
        entries: dict[str, Any] = {}
        for row in rows:
            row_name = below(name, row)
            key = last_value(self.post, row_name + "~key") or ""
            value = self.decode(item, row_name, (*path, key), item.default, Need.CHOSEN)
            if value is MISSING and key and not self.has_problem((*path, key)):
                value = item.traits.empty
            if not key and (value is MISSING or identical(value, item.default)):
                continue
            if key in entries:
                raise Unreadable(f"cannot have the key “{key}” twice")
            if value is not MISSING:
                entries[key] = value
            elif not self.has_problem((*path, key)):
                self.add_problem((*path, key), f"“{key}” needs a value")
        return entries or BLANK

    def has_problem(self, path: Path) -> bool:
        """Whether there is a problem at or below a path."""
        return path in self._with_problems

    def union(self, field: Field, name: str, path: Path, default: Any) -> Any:
        """The chosen plain option, or the value of the chosen alternative's controls."""
        text = last_value(self.post, name)
        if not text:
            return ABSENT if text is None else BLANK
        option = next((option for option in field.options if option.key == text), None)
        if option is None:
            return self.unlisted_text(field, text)
        if not option.branch:
            return option.value
        branch = field.branches[option.branch - 1]
        preset = default if is_default_branch(field, option.branch, default) else branch.default
        value = self.decode_value(branch, name + text, path, preset, Need.CHOSEN)
        return BLANK if value is MISSING else value

    def unlisted_text(self, field: Field, text: str) -> Any:
        """A text that is not an option, decoded by the first simple alternative that accepts it."""
        for branch in field.branches:
            if branch.traits.is_typed:
                try:
                    return decode_text(branch, text)
                except Unreadable:
                    continue
        raise Unreadable("must be one of the choices")


def locate(names: dict[Path, str], path: Path) -> tuple[str, Path]:
    """The control for a JSON path, and the rest of the path that no control covers.

    The longest known prefix wins. Names of union alternatives, which pydantic inserts, are skipped
    (protocol 11.4). The form itself is named `""`.
    """
    covered: Path = ()
    remaining_path: list[str | int] = []
    for part in path:
        matched = next(
            (spelling for spelling in _spellings(part) if (*covered, spelling) in names), None
        )
        if matched is not None and (covered or not remaining_path):
            covered, remaining_path = (*covered, matched), []
        else:
            remaining_path.append(part)
    return names.get(covered, ""), tuple(remaining_path)


def _spellings(part: str | int) -> tuple[str | int, ...]:
    """A path part, and also as a number if it is a numeric text."""
    is_number = isinstance(part, str) and part.isascii() and part.isdecimal() and len(part) < 9
    return (part, int(part)) if is_number else (part,)


def _own_defaults(preset: dict[str, Any], field: Field, values: dict[str, Any]) -> dict[str, Any]:
    """The values of an object's default that differ from its properties' own defaults.

    If anything in the object is sent, so must these be: else the model would use the properties'
    defaults.
    """
    own = {child.name: child.default for child in field.children}
    return {
        key: value
        for key, value in preset.items()
        if key not in values and not identical(value, own.get(key, MISSING))
    }


def decode_text(field: Field, text: str) -> Any:
    """One control's text as a value of its field, or BLANK; raises Unreadable."""
    match field.kind:
        case "string":
            return text or BLANK
        case "choice" | "boolean":
            return _chosen(field, text)
        case "integer" | "number":
            return _numeric(field, text.strip()) if text.strip() else BLANK
        case "json" | "object" | "map" | "list" | "tuple" | "union":
            return loads(text) if text.strip() else BLANK
        case unknown:
            assert_never(unknown)


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
    try:
        return read_number(text, is_whole=field.kind == "integer")
    except NotANumber as error:
        raise Unreadable(str(error)) from error


def is_below(name: str, parent: str) -> bool:
    """Whether a control belongs to the value named `parent`."""
    return name == parent or name.startswith((parent + ".", parent + "~"))
