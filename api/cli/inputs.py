"""Parses `name=value` words into a model's input, by its schema.

`prompt=a cat`, `num_images=4`, `image_url=@cat.png` (uploaded), `loras:=[{"path": …}]` (JSON),
`image_size.width=512` (nested); a repeated name adds an item to a list. In fields that take a file,
`@` names one; elsewhere it is an ordinary character: `prompt=@Image1 dances`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from api.cli.errors import CommandFailed
from schemas import Field, build, contract
from schemas.exact import NotJson, loads
from schemas.fields import media
from schemas.numbers import NotANumber, read_number

Upload = Callable[[Path, str], str]
_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def root_of(document: Any, endpoint_id: str) -> Field:
    """Return the input schema of a model from its OpenAPI document."""
    return build(contract(document, endpoint_id))


def read_words(
    words: Sequence[str], root: Field, upload: Upload, *, allow_unknown: bool = False
) -> dict[str, Any]:
    """Return the arguments that the words describe; raises CommandFailed."""
    arguments: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.rstrip(":"):
            raise CommandFailed(f"{word!r} is not an input. Write name=value, or name=@file.")
        is_json = name.endswith(":")
        path = name.rstrip(":").split(".")
        field = _find(root, path, allow_unknown=allow_unknown)
        _set_path(
            arguments,
            path,
            _parse(value, name) if is_json else _parse_value(field, value, upload, path[-1]),
            field,
        )
    return arguments


def read_text(text: str) -> dict[str, Any]:
    """Return the arguments from `--input`: a JSON object, or `@file` with one."""
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandFailed(f"{text[1:]} cannot be read: {error}.") from error
    arguments = _parse(text, "--input")
    if not isinstance(arguments, dict):
        raise CommandFailed("--input must be a JSON object.")
    return arguments


def _find(root: Field, path: list[str], *, allow_unknown: bool) -> Field | None:
    """Return the field at a path; None for a key that the schema does not define."""
    field: Field | None = root
    for part in path:
        children = {child.name: child for child in field.children} if field else {}
        if part not in children:
            is_open = allow_unknown or field is None or not children or field.rest is not None
            if is_open:
                return None
            close = difflib.get_close_matches(part, children, 1, 0.5)
            hint = f" Did you mean {close[0]}?" if close else f" It takes {', '.join(children)}."
            advice = " To send it anyway: --allow-unknown."
            raise CommandFailed(f"There is no input {'.'.join(path)!r}.{hint}{advice}")
        field = children[part]
    return field


def _set_path(arguments: dict[str, Any], path: list[str], value: Any, field: Field | None) -> None:
    """Set a value; repeating a list's name appends an item."""
    parent = arguments
    for part in path[:-1]:
        parent = parent.setdefault(part, {})
        if not isinstance(parent, dict):
            raise CommandFailed(f"{'.'.join(path)!r} is inside a value that is not an object.")
    last, before = path[-1], parent.get(path[-1])
    is_list = field is not None and field.kind == "list"
    if is_list and isinstance(before, list) and isinstance(value, list):
        parent[last] = [*before, *value]
    elif last in parent:
        raise CommandFailed(f"{'.'.join(path)!r} is given twice.")
    else:
        parent[last] = value


def _parse_value(field: Field | None, text: str, upload: Upload, name: str = "") -> Any:
    """Convert a text by the field's kind; if it does not fit, let the server reject it."""
    kind = field.kind if field else "json"
    if text.startswith("@") and len(text) > 1 and (medium := _media_of(field, name)):
        address = upload(Path(text[1:]).expanduser(), medium)
        return [address] if kind == "list" else address
    if field and field.traits.has_options:
        for option in field.options:
            if text in {option.key, option.label} and not option.branch:
                return option.value
    if kind == "boolean" and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    if kind == "string":
        return text
    if kind == "list" and not text.lstrip().startswith("["):
        return [_parse_value(field.item if field else None, text, upload)]
    if field and field.traits.is_numeric:
        with suppress(NotANumber):  # `null`, or the server says what is wrong with it
            return read_number(text.strip(), is_whole=kind == "integer")
    try:
        return loads(text)
    except NotJson:
        return text


def _media_of(field: Field | None, name: str) -> str:
    """Return the kind of files that a field takes, by its name if no schema; "" for a text."""
    if field is None:
        return media.media_of(name, {"type": "string"}, True)
    parts = [field, *([field.item] if field.item else []), *field.branches]
    return next((part.media for part in parts if part.media), "")


def _parse(text: str, name: str) -> Any:
    try:
        return loads(text)
    except NotJson as error:
        raise CommandFailed(f"{name} is not JSON: {error}.") from error
