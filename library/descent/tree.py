"""Arranges what was made of what as a tree, from the first things to the last."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Branch(Generic[Key]):
    """One thing and what was made of it; `is_again` if that is shown at an earlier place."""

    key: Key
    branches: tuple[Branch[Key], ...]
    is_again: bool = False


def tree_of(made_of: Mapping[Key, Iterable[Key]]) -> list[Branch[Key]]:
    """Return the tree of things by what each was made of; all of these are keys as well.

    The order of the keys is that of the branches. What was made of several things is below each of
    them, with its own branches only at the first place. A circle is cut where it is entered.
    """
    results: dict[Key, list[Key]] = {key: [] for key in made_of}
    for key, sources in made_of.items():
        for source in sources:
            results[source].append(key)
    shown: set[Key] = set()

    def branch(key: Key) -> Branch[Key]:
        if key in shown:
            return Branch(key, (), is_again=True)
        shown.add(key)
        return Branch(key, tuple(branch(below) for below in results[key]))

    roots = [branch(key) for key, sources in made_of.items() if not list(sources)]
    return roots + [branch(key) for key in made_of if key not in shown]
