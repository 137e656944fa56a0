"""Builds every address of Vitrine that a visitor could try with known or guessed keys."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tests.accounts.routes import Route

PART = re.compile(r"<(?:(\w+):)?(\w+)>")
REGEX = re.compile(r"\(\?P<\w+>[^()]*\)")
UNPAIRED = 2  # for each value of an address's first part, this many values of its other parts
GUESS = "guess"
# values by the name of their converter: `uuid`, `int`, and `str` for all others
Keys = Mapping[str, Sequence[str]]


def addresses(route: Route, keys: Keys) -> Iterator[str]:
    """Return the paths of a route, one or more for each key that fits its first part."""
    if "(?P<" in route.path or "^" in route.path:
        yield "/" + REGEX.sub(GUESS, route.path).strip("^$").replace("^", "").replace("$", "")
        return
    converters = [converter or "str" for converter, _ in PART.findall(route.path)]
    if not converters:
        yield "/" + route.path
        return
    first, *others = (keys.get(converter, keys["str"]) for converter in converters)
    for value in first:
        for further in itertools.product(*(values[:UNPAIRED] for values in others)):
            yield "/" + _fill_path(route.path, (value, *further))


def _fill_path(path: str, values: Sequence[str]) -> str:
    rest = iter(values)
    return PART.sub(lambda _: quote(next(rest)), path)
