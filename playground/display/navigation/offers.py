"""Models offered for the inputs at hand, each with its price: those that can run come first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from catalog.curation.marks import WORDS
from catalog.display.evidence import evidence
from catalog.locks import Locks
from catalog.model_records import NO_RECORDS, ModelRecords
from catalog.models import Endpoint
from playground.display.navigation.destinations import Group, Place

Item = TypeVar("Item")


def by_need(items: Iterable[Item], need: Callable[[Item], str]) -> dict[str, list[Item]]:
    """Group models, given in the gallery's order, by the input that each still needs.

    Models that need nothing more come first, other groups in the order of their first models.
    """
    groups: dict[str, list[Item]] = {"": []}
    for item in items:
        groups.setdefault(need(item), []).append(item)
    return groups


def title_of(need: str) -> str:
    """Return the title of a group of models that need something: `Needs a video too`."""
    return f"Needs {need}" if need.startswith("another") else f"Needs {need} too"


def place(
    endpoint: Endpoint,
    address: str,
    locks: Locks,
    label: str = "",
    records: ModelRecords = NO_RECORDS,
) -> Place:
    """Return a model as a place: its name, `label` and what speaks for it, and its picture."""
    marks = [
        "Removed" if endpoint.gone_at else "",
        WORDS[endpoint.mark] if endpoint.mark else "",
    ]
    return Place(
        endpoint.name,
        " · ".join(filter(None, (label, *evidence(endpoint, records)))),
        address,
        "image",
        mark=", ".join(filter(None, marks)),
        lock=locks.reasons.get(endpoint.pk, ""),
        picture=endpoint.picture.small_src if endpoint.picture else "",
        namesake=endpoint.endpoint_id,
    )


def told_apart(groups: Iterable[Group]) -> list[Group]:
    """Return the groups that have places; models with the same name in a group show their ids."""
    marked_groups = []
    for title, places in groups:
        names = Counter(named_place.label for named_place in places)
        apart = [
            replace(named_place, note=f"{named_place.namesake} · {named_place.note}".rstrip(" ·"))
            if named_place.namesake and names[named_place.label] > 1
            else named_place
            for named_place in places
        ]
        marked_groups.append(Group(title, apart))
    return [group for group in marked_groups if group.places]
