"""Finds and repairs problems of collections.

A problem is a model that is gone, deprecated, blocked, or has a breaking change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from catalog.changelog import successors
from catalog.curation import collection_editing
from catalog.curation.collection_editing import Arrangement, Line
from catalog.models import Change, Collection, CollectionItem, Endpoint, Standing

Before = dict[str, Any]  # a collection's lines and cover, for undo


@dataclass(frozen=True)
class CollectionProblem:
    """A model of a collection with its problem, and the model that could replace it."""

    endpoint: Endpoint
    sentence: str
    lines: Sequence[dict[str, Any]] = ()  # the breaking changes, if the model still exists
    successor: Endpoint | None = None


def find_problems(
    collection: Collection, items: Sequence[CollectionItem]
) -> list[CollectionProblem]:
    """Return the problems of a collection, in its order; at most three queries.

    A breaking change is listed until a curator marks that model as checked.
    """
    lost_endpoints = [item.endpoint for item in items if _lost(item.endpoint)]
    instead = successors.successors_of(lost_endpoints)
    broken = _broken(collection)
    problems = []
    for item in items:
        endpoint = item.endpoint
        if problem := _lost(endpoint):
            problems.append(
                CollectionProblem(endpoint, problem, successor=instead.get(endpoint.pk))
            )
        elif item.endpoint_id in broken:
            lines = broken[item.endpoint_id]
            problems.append(
                CollectionProblem(
                    endpoint, "changed in a way that may break what people have", lines
                )
            )
    return problems


def replace(collection: Collection, endpoint_id: str, by: str) -> Before:
    """Replace a model, keeping its note; returns the former state for `undo`."""
    return _rearrange(collection, endpoint_id, by)


def remove(collection: Collection, endpoint_id: str) -> Before:
    """Remove a model; returns the former state for `undo`."""
    return _rearrange(collection, endpoint_id, "")


def undo(collection: Collection, before: Before) -> None:
    """Undo a replacement or removal; models that others added meanwhile stay."""
    lines = [Line(endpoint_id, note) for endpoint_id, note in before["lines"]]
    known_ids = {*before["known"], *(line.endpoint_id for line in lines)}
    _arrange(collection, lines, before["cover"], known_ids)


def mark_checked(collection: Collection, endpoint_id: str) -> None:
    """Mark a model's changes until now as checked."""
    items = collection.items.filter(endpoint__endpoint_id=endpoint_id)
    items.update(looked_at=timezone.now())


def _rearrange(collection: Collection, endpoint_id: str, by: str) -> Before:
    items = list(collection.items.select_related("endpoint").order_by("position", "pk"))
    lines = [(item.endpoint.endpoint_id, item.note) for item in items]
    cover = collection.cover.endpoint_id if collection.cover else ""
    is_there = any(name == by for name, _ in lines)
    new = [
        Line(by if name == endpoint_id else name, note)
        for name, note in lines
        if name != endpoint_id or (by and not is_there)
    ]
    known_ids = {name for name, _ in lines}
    _arrange(collection, new, by if cover == endpoint_id else cover, known_ids)
    return {"lines": lines, "cover": cover, "known": [line.endpoint_id for line in new]}


def _arrange(collection: Collection, lines: list[Line], cover: str, known_ids: set[str]) -> None:
    arrangement = Arrangement(
        collection.title,
        collection.description,
        collection.is_published,
        cover,
        lines,
        frozenset(known_ids),
    )
    collection_editing.arrange(collection, arrangement)


def _lost(endpoint: Endpoint) -> str:
    """Return why a model should not be in a collection; empty if there is no reason."""
    if endpoint.gone_at:
        return f"has been gone upstream since {endpoint.gone_at:%-d %B %Y}"
    if endpoint.standing == Standing.BLOCKED:
        return "is blocked: nobody can run it"
    return "is deprecated" if endpoint.status == "deprecated" else ""


def _broken(collection: Collection) -> dict[int, list[dict[str, Any]]]:
    """Return breaking changes by endpoint key, without those that upstream has reverted."""
    checked_at = collection.items.filter(endpoint=OuterRef("endpoint")).values("looked_at")
    changes = Change.objects.worth_showing().filter(
        endpoint__in=collection.items.values("endpoint"),
        at__gt=Subquery(checked_at),
        weight=Change.Weight.BREAKING,
    )
    rows = changes.order_by("at", "pk")
    breaking_lines: dict[int, list[dict[str, Any]]] = {}
    is_undone: dict[int, bool] = {}
    for key, lines, was, now in rows.values_list("endpoint_id", "lines", "was", "endpoint__schema"):
        if was and is_undone.setdefault(key, was == now):
            continue
        breaking = breaking_lines.setdefault(key, [])
        breaking += [line for line in lines or () if line["breaks"] and line not in breaking]
    return breaking_lines
