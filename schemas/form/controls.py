"""Names of a form's controls, and access to the values posted under them.

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
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from urllib.parse import quote

Post = Mapping[str, list[str]]

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_RESERVED = {"csrfmiddlewaretoken", "_charset_", "isindex"}  # have a meaning to Django or browsers
_ROW = re.compile(r"[0-9]{1,6}")
BLANK_ROW = "*"  # the row number in a list's template; never decoded


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
        listed = self.post.get(name + "~rows")
        if listed is None and not numbers:
            return None
        order = dict.fromkeys(int(text) for text in listed or () if _ROW.fullmatch(text))
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


# Our forms have no longer names. A name with a million rows would create as many lists.
MAX_NAME_CHARS = 1000
MAX_ROWS_IN_NAME = 12
_ROW_IN_NAME = re.compile(r"\.([0-9]{1,6})(?=[.~]|$)")


def is_below(name: str, parent: str) -> bool:
    """Whether a control belongs to the value named `parent`."""
    return name == parent or name.startswith((parent + ".", parent + "~"))


def with_uploads(post: Post, addresses: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The post with the URLs of stored files (`path~file`, `path~files`) as values."""
    result = {name: list(texts) for name, texts in post.items()}
    for control, stored in addresses.items():
        name, _, kind = control.rpartition("~")
        posted = [address for address in stored if address]
        if kind == "files":
            result.setdefault(name, []).extend(posted)
        elif kind == "file" and posted:
            result[name] = posted[-1:]
            result.pop(name + "~json", None)
    return result


def apply(post: Post, action: str) -> dict[str, list[str]]:
    """The post after a button press: `add:loras`, `remove:loras.1`, `up:…`, `reset:steps` ….

    An unknown action, or one on a missing row, changes nothing.
    """
    verb, _, target = action.partition(":")
    result = {name: list(texts) for name, texts in post.items()}
    if verb == "reset":
        return {key: texts for key, texts in result.items() if not is_below(key, target)}
    if verb == "add":
        rows = _rows(post, target)
        _write_rows(result, target, [*rows, _next_free(rows)])
        return result
    name, _, number = target.rpartition(".")
    rows = _rows(post, name)
    if not _ROW.fullmatch(number) or int(number) not in rows:
        return result
    position, row = rows.index(int(number)), int(number)
    if verb == "remove":
        rows.pop(position)
        result = {key: texts for key, texts in result.items() if not is_below(key, target)}
    elif verb == "up" and position:
        rows[position - 1 : position + 1] = [row, rows[position - 1]]
    elif verb == "down":
        rows[position : position + 2] = [*rows[position + 1 : position + 2], row]
    elif verb == "duplicate":
        copy = _next_free(rows)
        rows.insert(position + 1, copy)
        for key, texts in post.items():
            if is_below(key, target):
                result[f"{name}.{copy}{key[len(target) :]}"] = list(texts)
    _write_rows(result, name, rows)
    return result


def _rows(post: Post, name: str) -> list[int]:
    return Rows(post).row_numbers(name) or []


def _next_free(rows: list[int]) -> int:
    return max(rows, default=-1) + 1


def _write_rows(post: dict[str, list[str]], name: str, rows: list[int]) -> None:
    post[name + "~rows"] = ["", *map(str, rows)]
