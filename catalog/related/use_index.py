"""An index of which endpoints take a kind of result, and in which field; kept in memory.

Built from the inputs that a sync stored with each endpoint; rebuilt when the catalogue's revision
changes.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from catalog.models import Endpoint, Mark
from catalog.search.index import Index, current
from schemas.uses.inputs import Input, names_in
from schemas.uses.roles import use_of
from schemas.vocabulary import USES

KINDS = {
    "image": "an image",
    "video": "a video",
    "audio": "a sound",
    "mesh": "a 3D model",
    "weights": "a LoRA",
    "archive": "an archive",
    "file": "a file",
}
_COLUMNS = ("pk", "endpoint_id", "category", "facts", "inputs")


class Taker(NamedTuple):
    """An input of an endpoint, with the endpoint's primary key."""

    key: int
    use: str
    input: Input


class UseIndex:
    """Every listed endpoint's inputs at one revision, in the gallery's order."""

    def __init__(self, search: Index, rows: Iterable[Sequence[Any]]) -> None:
        self.search = search
        self._rows = {row[0]: row for row in rows}

    @cached_property
    def _by_kind(self) -> dict[str, list[Taker]]:
        """The takers of each kind of result, in the gallery's order."""
        takers: dict[str, list[Taker]] = defaultdict(list)
        for key in self._in_order():
            for taker in _takers(self._rows[key]):
                takers[taker.input.kind].append(taker)
        return dict(takers)

    def _in_order(self) -> list[int]:
        places = self.search.places
        return sorted(self._rows.keys() & places.keys(), key=places.__getitem__)

    def takers(self, kind: str) -> Mapping[str, list[Taker]]:
        """Return the takers of a kind of result by use, in menu order."""
        return self._by_use.get(kind, {})

    @cached_property
    def _by_use(self) -> dict[str, dict[str, list[Taker]]]:
        by_kind: dict[str, dict[str, list[Taker]]] = {}
        for kind, takers in self._by_kind.items():
            by_use: dict[str, list[Taker]] = {use: [] for use in USES[kind]}
            for taker in takers:
                by_use[taker.use].append(taker)
            by_kind[kind] = {use: use_takers for use, use_takers in by_use.items() if use_takers}
        return by_kind

    @cached_property
    def _required(self) -> dict[int, list[Input]]:
        """The required file inputs of each endpoint."""
        required = {}
        for key, *_, stored_inputs in self._rows.values():
            inputs = map(Input.from_json, stored_inputs if isinstance(stored_inputs, list) else ())
            required[key] = [i for i in inputs if i and i.is_required and i.kind in KINDS]
        return required

    def need(self, key: int, kinds: Collection[str] = (), path: str = "") -> str:
        """Return the files that an endpoint still needs, as text: `a video and a sound`, or empty.

        The user has files of some `kinds`, or a file for the input at `path`.
        """
        required = self._required.get(key, ())
        had = {i.kind for i in required if i.path == path}
        lacking = [i.kind for i in required if i.path != path and i.kind not in kinds]
        nouns = {kind: KINDS[kind].partition(" ") for kind in lacking}
        words = [f"another {n}" if kind in had else f"{a} {n}" for kind, (a, _, n) in nouns.items()]
        return " and ".join(words)

    def is_runnable(self, key: int) -> bool:
        """Whether the endpoint is listed and not blocked."""
        return key in self._rows

    def kinds_given(self, key: int, arguments: Mapping[str, Any]) -> set[str]:
        """Return the kinds of the files that an endpoint got with these arguments."""
        read_inputs = map(Input.from_json, self._rows[key][-1] or ()) if key in self._rows else ()
        return {i.kind for i in read_inputs if i and arguments.get(names_in(i.path)[0])}

    def inputs_of(self, key: int, kind: str) -> list[Taker]:
        """Return the inputs of one endpoint that take a kind of result."""
        return [taker for taker in self._by_kind.get(kind, ()) if taker.key == key]


def _takers(row: Sequence[Any]) -> list[Taker]:
    key, endpoint_id, category, facts, stored_inputs = row
    read_inputs = map(Input.from_json, stored_inputs if isinstance(stored_inputs, list) else ())
    inputs = [field for field in read_inputs if field and field.kind in USES]
    texts = [fact for fact in facts if isinstance(fact, str)] if isinstance(facts, list) else []
    outputs = {fact[4:] for fact in texts if fact.startswith("out:")}
    name = f"{endpoint_id} {category}"
    return [Taker(key, use_of(field, inputs, outputs, name), field) for field in inputs]


class _ProcessCache:
    """The cached index of this process."""

    def __init__(self) -> None:
        self.index: UseIndex | None = None
        self.lock = threading.Lock()


_cache = _ProcessCache()


def uses(revision: str) -> UseIndex:
    """Return the index at a revision; built on first use, by one query."""
    search = current(revision)
    with _cache.lock:
        if _cache.index is None or _cache.index.search is not search:
            runnable = Endpoint.objects.listed().exclude(mark=Mark.BLOCKED)
            _cache.index = UseIndex(search, runnable.order_by().values_list(*_COLUMNS))
        return _cache.index
