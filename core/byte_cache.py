"""cachetools' LRU caches, bounded in bytes instead of entries, for threads.

An entry may be a number or a megabyte of markup, so `functools.lru_cache`, which counts entries,
does not limit a process's memory. These limits add up, and `/healthz` reports the sums.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import wraps
from types import FunctionType, ModuleType
from typing import Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from cachetools import LRUCache, cached
from cachetools.keys import hashkey

P = ParamSpec("P")
V = TypeVar("V")

ENTRY_BYTES = 200  # overhead of each entry
MAX_OBJECTS_MEASURED = 200_000  # per value; measuring stops there
_SHARED = (type, ModuleType, FunctionType)  # belong to the program, not to a value

# By name; weak, so that a cache is freed with the object that owns it.
_caches: WeakValueDictionary[str, ByteCache[Any]] = WeakValueDictionary()


class ByteCache(LRUCache[Hashable, V]):
    """An LRU cache of at most `most_bytes`; `weigh` returns the bytes of a value."""

    def __init__(self, name: str, most_bytes: int, weigh: Callable[[V], int]) -> None:
        super().__init__(most_bytes, getsizeof=lambda value: ENTRY_BYTES + weigh(value))
        self.lock = threading.RLock()
        _caches[name] = self

    def get(self, key: Hashable, default: Any = None) -> Any:
        """Return the value and mark it as the most recently used; `default` if absent."""
        with self.lock:
            return super().get(key, default)

    def put(self, key: Hashable, value: V) -> None:
        """Store a value, unless it is larger than the whole cache."""
        with self.lock, suppress(ValueError):
            self[key] = value


def byte_cached(
    most_bytes: int,
    *,
    weigh: Callable[[Any], int] | None = None,
    key: Callable[..., Hashable] = hashkey,
) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """Cache a function's results by its positional, hashable arguments, within `most_bytes`.

    `weigh` returns the bytes of a result, where that is cheaper than measuring it. `key` maps the
    arguments to a cache key, where they should be neither kept alive nor measured.
    """

    def decorate(function: Callable[P, V]) -> Callable[P, V]:
        # The key is weighed too: people choose the words of a query, and its result may be None.
        cache: ByteCache[tuple[Hashable, V]] = ByteCache(
            f"{function.__module__}.{function.__name__}",
            most_bytes,
            lambda entry: weigh(entry[1]) if weigh else size_of(entry),
        )

        @cached(cache, key, cache.lock)
        def entry(*args: P.args, **kwargs: P.kwargs) -> tuple[Hashable, V]:
            return key(*args), function(*args, **kwargs)

        @wraps(function)
        def result(*args: P.args, **kwargs: P.kwargs) -> V:
            return entry(*args, **kwargs)[1]

        return result

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
    caches = dict(_caches)
    return {
        "bytes": sum(int(cache.currsize) for cache in caches.values()),
        "most_bytes": sum(int(cache.maxsize) for cache in caches.values()),
        "each": {name: int(cache.currsize) for name, cache in caches.items() if cache},
    }
