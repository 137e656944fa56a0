"""LRU caches that are bounded in bytes instead of entries.

An entry may be a number or a megabyte of markup, so `functools.lru_cache`, which counts entries,
does not limit a process's memory. These limits add up, and `/healthz` reports the sums.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from types import FunctionType, ModuleType
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakSet

P = ParamSpec("P")
V = TypeVar("V")

ENTRY_BYTES = 200  # overhead of each entry
LARGEST_SHARE = 4  # a value above a quarter of the bound is not cached
MAX_OBJECTS_MEASURED = 200_000  # per value; measuring stops there
_SHARED = (type, ModuleType, FunctionType)  # belong to the program, not to a value

_caches: WeakSet[ByteCache[Any]] = WeakSet()  # weak: a cache is freed with the object that owns it


class ByteCache(Generic[V]):
    """Maps keys to values of at most `most_bytes` together. Safe to share between threads."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self.name = name
        self.most_bytes = most_bytes
        self.bytes = 0
        self._entries: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()
        _caches.add(self)

    def get(self, key: Hashable) -> V | None:
        """Return the value and mark it as the most recently used; None if absent."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: V, weight: int) -> None:
        """Store a value of `weight` bytes, unless it would take too large a share of the cache."""
        weight += ENTRY_BYTES
        with self._lock:
            if replaced := self._entries.pop(key, None):
                self.bytes -= replaced[1]
            if weight * LARGEST_SHARE > self.most_bytes:
                return
            self._entries[key] = value, weight
            self.bytes += weight
            while self.bytes > self.most_bytes:
                self.bytes -= self._entries.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Remove every entry."""
        with self._lock:
            self._entries.clear()
            self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)


class _Box(Generic[V]):
    """Wraps a value, so that None can be cached."""

    __slots__ = ("value",)

    def __init__(self, value: V) -> None:
        self.value = value


def byte_cached(
    most_bytes: int,
    *,
    weigh: Callable[[Any], int] | None = None,
    key: Callable[..., Hashable] | None = None,
) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """Cache a function's results by its positional, hashable arguments, within `most_bytes`.

    `weigh` returns the bytes of a result, where that is cheaper than measuring it. `key` maps the
    arguments to a cache key, where they should be neither kept alive nor measured.
    """

    def decorate(function: Callable[P, V]) -> Callable[P, V]:
        cache: ByteCache[_Box[V]] = ByteCache(
            f"{function.__module__}.{function.__name__}", most_bytes
        )

        @wraps(function)
        def cached(*args: P.args, **kwargs: P.kwargs) -> V:
            entry_key = key(*args) if key else args
            if box := cache.get(entry_key):
                return box.value
            value = function(*args, **kwargs)
            weight = weigh(value) if weigh else size_of((entry_key, value))
            cache.put(entry_key, _Box(value), weight)
            return value

        cached.cache_clear = cache.clear  # type: ignore[attr-defined]
        return cached

    return decorate


def size_of(value: Any) -> int:
    """Return the bytes of a value and all it refers to, except classes, functions and modules."""
    seen: set[int] = set()
    pending, total = [value], 0
    while pending and len(seen) < MAX_OBJECTS_MEASURED:
        current = pending.pop()
        if id(current) in seen or isinstance(current, _SHARED):
            continue
        seen.add(id(current))
        total += sys.getsizeof(current)
        if not isinstance(current, str | bytes | int | float):
            pending += gc.get_referents(current)
    return total


def cache_sizes() -> dict[str, Any]:
    """Return the bytes that this process's caches use and may use, for `/healthz`."""
    return {
        "bytes": sum(cache.bytes for cache in _caches),
        "most_bytes": sum(cache.most_bytes for cache in _caches),
        "each": {cache.name: cache.bytes for cache in _caches if cache.bytes},
    }
