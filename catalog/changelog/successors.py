"""Finds the successor of a deprecated or removed model.

It is the model that upstream's description names. Otherwise it is the newest version of the same
name or the newest model of the family, if that model does the same; a similar one is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from django.db.models import F, Q

from catalog.models import Endpoint, Standing

_VERSION = re.compile(r"(?<![0-9])v?(\d++(?:[.-]\d++)*+)(?![0-9])")
_ID = r"(?:fal\.ai/models/)?([\w.-]+(?:/[\w.-]*\w)+)"
_SAID = re.compile(
    r"(?i)\b(?:use|replaced by|superseded by|succeeded by|successor is|in favou?r of|migrate to|"
    rf"switch to|move to)\b[^/\n]{{0,40}}?{_ID}"
)
# A field of the listing entry, known or not: `"superseded_by": "fal-ai/flux-2"`.
_FIELD = re.compile(
    r'(?i)"(?=[^"]{0,60}(?:success|replac|supersed|migrat))[^"]{0,80}+"\s*+:\s*+'
    rf'"(?:[^"]{{0,60}}?[ /:])??{_ID}"'
)
_MEDIUM = re.compile(r"(?:in|out):(?!text)").match  # nearly everything takes a prompt
_READ = (
    *Endpoint.NAMED_BY,
    "owner",
    "category",
    "group_key",
    "published_at",
    "facts",
)


def successors_of(endpoints: Iterable[Endpoint]) -> dict[int, Endpoint]:
    """Map primary keys to successors, for the endpoints that have one; two queries."""
    keys = [endpoint.pk for endpoint in endpoints]
    lost_endpoints = Endpoint.objects.filter(pk__in=keys).annotate(entry_text=F("entry__text"))
    rows = list(lost_endpoints.only(*_READ, "description")) if keys else []
    if not rows:
        return {}
    named_upstream = {row.pk: _named_upstream(row) for row in rows}
    of_category = Q(category__in={row.category for row in rows})
    usable = (
        Endpoint.objects.listed()
        .filter(of_category | Q(endpoint_id__in={*chain.from_iterable(named_upstream.values())}))
        .filter(status="active")
        .exclude(pk__in=keys)
        .exclude(standing=Standing.BLOCKED)
        .only(*_READ)
        .order_by("-published_at", "position")
    )
    candidates = {candidate.endpoint_id: candidate for candidate in usable}
    successors = {
        row.pk: next((candidates[i] for i in named_upstream[row.pk] if i in candidates), None)
        or _successor(row, list(candidates.values()))
        for row in rows
    }
    return {key: endpoint for key, endpoint in successors.items() if endpoint}


def does_the_same(new: Endpoint, old: Endpoint) -> bool:
    """Whether `new` has the category and media of `old`; media that are not known match."""
    media, own = ({fact for fact in e.facts or [] if _MEDIUM(fact)} for e in (new, old))
    return new.category == old.category and (not media or own <= media)


def _named_upstream(row: Endpoint) -> list[str]:
    """The ids that the listing entry or the description names as replacements."""
    entry: str = row.entry_text or ""  # type: ignore[attr-defined]  # annotated
    return [*_FIELD.findall(entry), *_SAID.findall(row.description)]


def _successor(row: Endpoint, candidates: list[Endpoint]) -> Endpoint | None:
    name, version = _named(row.endpoint_id)
    alike = [candidate for candidate in candidates if does_the_same(candidate, row)]
    newer = [
        (numbers, candidate)
        for candidate in alike
        if (numbers := _named(candidate.endpoint_id)[1]) > version
        and _named(candidate.endpoint_id)[0] == name
    ]
    if newer:
        return max(newer, key=lambda pair: pair[0])[1]
    family = (
        candidate for candidate in alike if row.group_key and candidate.group_key == row.group_key
    )
    return next(family, None)


def _named(endpoint_id: str) -> tuple[str, tuple[int, ...]]:
    """`fal-ai/kling-video/v2.1/pro` → `fal-ai/kling-video/#/pro` and (2, 1)."""
    numbers = tuple(
        int(number[:9])
        for version in _VERSION.findall(endpoint_id)
        for number in re.split(r"[.-]", version)
    )
    return _VERSION.sub("#", endpoint_id), numbers
