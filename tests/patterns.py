"""Finds regular expressions that take long for some texts: `make lint` runs `-m tests.patterns`.

Python's `re` backtracks: if a text can be divided between two repeats in many ways, it tries all
of them before it fails. A setting of 40 KB took 7.5 s, a rule `******zq` 10 s. It reports

nested     a repeat within a repeat, with nothing between two rounds that ends the inner one
adjacent   two repeats of the same characters, with nothing between them that ends the first one
restarted  a repeat that `search`, `sub` and the like begin anew at each of its characters

Atomic groups and possessive repeats (`(?>…)`, `*+`) are fast, and with a lookbehind a search begins
only once per word. `SHORT` has the patterns that only ever get short texts.
"""

import ast
import importlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
ROOMS = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "sandbox"}
MANY = 64  # a repeat of at most this many rounds is no loop
SEARCHES = {"search", "sub", "subn", "findall", "finditer", "split"}
LOOPS = {"MAX_REPEAT", "MIN_REPEAT"}
REPEATS = {*LOOPS, "POSSESSIVE_REPEAT"}
CHARACTERS = {"LITERAL", "NOT_LITERAL", "ANY", "IN"}
NOTHING = {"AT", "ASSERT", "ASSERT_NOT"}  # these match at a place, without a character
# Represents all characters: ASCII, and letters, marks, digits, spaces and signs beyond it.
SAMPLE = [*map(chr, range(128)), *"éßЖकि٣\u00a0\u2028漢🦊\ufeff"]
SHORT = {
    "core/template_whitespace.py: _BEFORE_EDGE": "our own templates",
    "core/template_whitespace.py: _LINE_BREAK": "our own templates",
    "core/template_whitespace.py: _AFTER_EDGE": "our own templates",
}


class Use(NamedTuple):
    """A regular expression of the product: its place, and whether texts are searched for it."""

    place: str
    pattern: re.Pattern[Any]
    is_searched: bool


class Analysis:
    """The slow parts of a pattern."""

    def __init__(self, text: str | bytes, flags: int = 0) -> None:
        tree = re._parser.parse(text, flags)
        self._state = tree.state
        self._items = self._flat(tree)

    def problems(self, *, is_searched: bool) -> list[str]:
        """Return what makes it slow; nothing if its time grows only with the text."""
        slow = [*self._within(self._items, can_fail=not is_searched)]
        return [*slow, *self._restarts()] if is_searched else slow

    def _within(self, items: Sequence[Any], *, can_fail: bool) -> Iterator[str]:
        loops = [place for place, item in enumerate(items) if _is_loop(item)]
        for place in loops:
            body = self._body(items[place])
            for inner in filter(_is_loop, _all(body)):
                if self._passes(body, self._characters([inner])):
                    yield f"nested: {self._quote(inner)} in a repeat"
        for first, second in pairwise(loops):
            both = self._characters([items[first]]) & self._characters([items[second]])
            ends = can_fail or _can_fail(items[second + 1 :])
            rounds = [*self._body(items[first]), *self._body(items[second])]
            if both and ends and self._passes([*rounds, *items[first + 1 : second]], both):
                yield f"adjacent: {self._quote(items[first])} and {self._quote(items[second])}"
        for item in items:
            for part in _parts(item):
                yield from self._within(self._flat(part), can_fail=True)

    def _body(self, loop: Any) -> list[Any]:
        return self._flat(_parts(loop)[0])

    def _restarts(self) -> Iterator[str]:
        """Yield the first loop, if its characters may also begin the pattern again."""
        for place, item in enumerate(self._items):
            if _name(item) in NOTHING:
                return
            if _is_loop(item):
                begins_within = self._passes(self._items[:place], self._characters([item]))
                if begins_within and _can_fail(self._items[place + 1 :]):
                    yield f"restarted: {self._quote(item)}"
                return

    def _passes(self, items: Iterable[Any], characters: frozenset[str]) -> bool:
        """Return whether these characters may lead from the first to behind the last item."""
        return all(_is_nullable(item) or self._characters([item]) & characters for item in items)

    def _characters(self, items: Iterable[Any]) -> frozenset[str]:
        """Return the characters of the sample that the items may match."""
        characters: set[str] = set()
        for item in items:
            if _name(item) in CHARACTERS:
                tree = re._parser.SubPattern(self._state, [item])
                pattern = re._compiler.compile(tree)  # type: ignore[attr-defined]
                is_bytes = isinstance(pattern.pattern, bytes)
                characters |= {c for c in SAMPLE if not is_bytes and pattern.fullmatch(c)}
            for part in _parts(item):
                characters |= self._characters(part)
        return frozenset(characters)

    def _flat(self, items: Iterable[Any]) -> list[Any]:
        """Return the items of a sequence, with groups replaced by their items."""
        flat: list[Any] = []
        for item in items:
            flat += self._flat(_parts(item)[0]) if _name(item) == "SUBPATTERN" else [item]
        return flat

    def _quote(self, item: Any) -> str:
        characters = "".join(sorted(filter(str.isprintable, self._characters([item]))))
        return f"“{characters[:10]}{'…' if len(characters) > 10 else ''}” repeated"


def _name(item: Any) -> str:
    return str(item[0])


def _parts(item: Any) -> list[Any]:
    """Return the sequences within an item."""
    name, value = _name(item), item[1]
    if name in REPEATS:
        return [value[2]]
    if name == "SUBPATTERN":
        return [value[3]]
    if name == "ATOMIC_GROUP":
        return [value]
    return list(value[1]) if name == "BRANCH" else []


def _all(items: Iterable[Any]) -> Iterator[Any]:
    """Yield all items at any depth, except those that never give back what they matched."""
    for item in items:
        yield item
        if _name(item) not in {"ATOMIC_GROUP", "POSSESSIVE_REPEAT"}:
            for part in _parts(item):
                yield from _all(part)


def _is_loop(item: Any) -> bool:
    if _name(item) not in LOOPS:
        return False
    least, most, _ = item[1]
    return int(most) - int(least) > MANY


def _is_nullable(item: Any) -> bool:
    """Return whether it may match nothing."""
    name = _name(item)
    if name in NOTHING:
        return True
    if name in REPEATS and item[1][0] == 0:
        return True
    parts = [all(map(_is_nullable, part)) for part in _parts(item)]
    return any(parts) if name == "BRANCH" else bool(parts) and all(parts)


def _can_fail(items: Iterable[Any]) -> bool:
    return any(_name(item) in NOTHING or not _is_nullable(item) for item in items)


def uses() -> Iterator[Use]:
    """Yield the patterns in the modules of all apps, and those written where they are used."""
    for file in sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if "migrations" in parts or file.name == "__main__.py":
            continue
        if file.relative_to(ROOT).as_posix() in {"config/asgi.py", "config/wsgi.py"}:
            continue  # importing these would start the product
        module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
        source = file.read_text()
        nodes = [*ast.walk(ast.parse(source))]
        searched = {
            node.value.id
            for node in nodes
            if isinstance(node, ast.Attribute)
            and node.attr in SEARCHES
            and isinstance(node.value, ast.Name)
        }
        for node in nodes:
            if isinstance(node, ast.Call) and (text := _inline(node)):
                place = f"{file.relative_to(ROOT)}:{node.lineno}"
                yield Use(place, re.compile(text), ast.unparse(node.func)[3:] in SEARCHES)
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern) and re.search(rf"^{name}\b.*=", source, re.MULTILINE):
                is_private = name.startswith("_")
                yield Use(
                    f"{file.relative_to(ROOT)}: {name}", value, name in searched or not is_private
                )


def _inline(call: ast.Call) -> str:
    """Return the pattern of `re.sub("…", …)`; that of `re.compile` is in its module."""
    name = ast.unparse(call.func)
    is_used = name.startswith("re.") and name[3:] in {*SEARCHES, "match", "fullmatch"}
    first = call.args[0] if call.args else None
    if is_used and isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    return ""


def main() -> int:
    """Print what is slow; return 1 if anything is."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    count = 0
    for use in uses():
        if use.place in SHORT:
            continue
        for problem in Analysis(use.pattern.pattern, use.pattern.flags).problems(
            is_searched=use.is_searched
        ):
            count += 1
            print(f"{use.place}: {problem}")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
