"""Lossless JSON: exact equality, strict parsing, text that survives a web page."""

from __future__ import annotations

import json
import math
import re
from typing import Any

# Characters that a page, a parser or a form post may change or drop; written as \\uXXXX.
_FRAGILE = re.compile(
    "[^\\t\\n\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufdcf\\ufdf0-\\ufffd\\U00010000-\\U0010fffd]"
)
_MAX_DEPTH = 100
MOST_VALUES = 500_000  # of one text; each takes some 100 bytes of memory
STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# Message of json.JSONDecodeError → ours; `static/js/lazy/json-text.js` uses the same messages.
_MESSAGES = [
    ("Expecting property name", "a key in double quotes is missing"),
    ("Expecting ',' delimiter", "a comma is missing"),
    ("Expecting ':' delimiter", "a colon is missing"),
    ("Expecting value", "a value is missing"),
    ("Unterminated string", "this text has no closing quote"),
    ("Extra data", "nothing may follow the closing brace"),
    ("Invalid control character", r"a line break or tab in a text is written \n or \t"),
    ("Invalid \\", "this backslash is not the start of an escape"),
]


class NotJson(ValueError):
    """A text is not JSON: the reason, and the position (1-based; 0 if unknown)."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{reason} (line {line}, column {column})" if line else reason)
        self.reason, self.line, self.column = reason, line, column


_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def indented(text: str) -> str:
    """JSON text with one line per value; each value keeps its original notation."""
    lines, depth, former_part = [""], 0, ""
    for part in _PART.findall(text):
        if part in "}]":
            depth -= 1
        if (former_part in {"{", "[", ","} and former_part) or part in "}]":
            is_empty = former_part + part in {"{}", "[]"}
            lines += [] if is_empty else ["  " * depth]
        lines[-1] += f"{part} " if part == ":" else part
        depth += part in "{["
        former_part = part
    return "\n".join(lines)


def identical(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal including their types: `1`, `1.0` and `true` differ."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(identical(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, float):
        return repr(a) == repr(b)
    return bool(a == b)


def loads(text: str, most_values: int = MOST_VALUES) -> Any:
    """Parses JSON strictly: no NaN, infinity or duplicate keys; raises NotJson.

    A byte-order mark before it is ignored (RFC 8259, 8.1).
    """
    text = text.lstrip("\ufeff")
    if _count_marks(text) > most_values and _count_marks(STRING.sub("", text)) > most_values:
        raise NotJson(f"it holds more than {most_values:,} values")
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_without_duplicates,
        )
    except json.JSONDecodeError as error:
        raise _explain(text, error) from error
    except RecursionError as error:
        raise NotJson("it is nested too deeply") from error
    except NotJson:
        raise
    except ValueError as error:
        raise NotJson("a number in it has too many digits") from error
    if is_too_deep(value):
        raise NotJson(f"it is nested more than {_MAX_DEPTH} levels deep")
    return value


def _count_marks(text: str) -> int:
    """The number of commas and opening brackets: at least the number of values, less one."""
    return sum(map(text.count, ",[{"))


def dumps(value: Any, indent: int | None = 2) -> str:
    """Readable JSON whose characters all survive a page and a form post."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _FRAGILE.sub(_escape, text)


def is_form_safe(text: str) -> bool:
    """Whether a text survives a form control unchanged (line breaks as `\\n`)."""
    return _FRAGILE.search(text) is None


def is_too_deep(value: Any) -> bool:
    """Whether a value nests deeper than _MAX_DEPTH; checked without recursion."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True


def is_larger_than(value: Any, most_chars: int) -> bool:
    """Whether a value is larger: texts and keys count their characters, other values 1.

    Stops counting at the limit. A value that several places share is counted for each of them.
    """
    to_visit = [value]
    while to_visit:
        item = to_visit.pop()
        most_chars -= len(item) if isinstance(item, str) else 1
        if isinstance(item, dict):
            most_chars -= sum(map(len, item))
            to_visit.extend(item.values())
        elif isinstance(item, list):
            to_visit.extend(item)
        if most_chars < 0:
            return True
    return False


def is_finite(value: Any) -> bool:
    """Whether a value contains no NaN or infinity, which JSON cannot represent."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    return all(map(is_finite, value)) if isinstance(value, list) else True


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _explain(text: str, error: json.JSONDecodeError) -> NotJson:
    """The error in plain words; a trailing comma is reported at its own position."""
    if (head := _before_trailing_comma(text, error)) is not None:
        column = len(head) - head.rfind("\n")
        return NotJson("there is one comma too many", head.count("\n") + 1, column)
    if text[:1].isalpha() and error.pos == 0:
        return NotJson("a text must be in double quotes")
    reason = next((words for prefix, words in _MESSAGES if error.msg.startswith(prefix)), error.msg)
    if "{" not in text:
        reason = reason.replace("the closing brace", "its end")
    return NotJson(reason, error.lineno, error.colno)


def _refuse_constant(name: str) -> Any:
    raise NotJson(f"{name} is not a JSON value")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotJson(f"{text} is too large a number")
    return number


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NotJson(f"it has the key {json.dumps(twice)} twice")
    return result


def _before_trailing_comma(text: str, error: json.JSONDecodeError) -> str | None:
    """The text before a trailing comma; None if the error is another.

    Python 3.13 and later report the position of the comma, 3.11 and 3.12 that of the bracket.
    """
    if error.msg.startswith("Illegal trailing comma"):
        return text[: error.pos]
    before = text[: error.pos].rstrip()
    is_closing = text[error.pos : error.pos + 1] in {"]", "}"}
    return before[:-1] if is_closing and before.endswith(",") else None
