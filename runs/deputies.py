"""Finds the model that takes over from another one: its deputy, or up to three proposals.

Curators name the deputy. Without one, the models are proposed that do the same operation with the
same media, ask for no input that the former has not, have a known price, and are allowed by
licence and by the project's rules: first the one that upstream names, then those that the house
prefers (`catalog/preference.py`), newer versions of the name, the family, and the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from catalog.filters.operations import operations_of
from catalog.models import Endpoint, ListingEntry, Mark, Revision
from catalog.models.querysets import CARD
from catalog.naming import is_special
from catalog.preference import Preference
from catalog.pricing import price_of
from catalog.search.index import current
from projects.rules import enforcement
from runs.records import model_record
from schemas.uses.inputs import Input

if TYPE_CHECKING:
    from projects.models import Project

MOST = 3
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
_READ = (*CARD, *Endpoint.NAMED_BY, "license_type", "inputs", "mark_reason")


def deputy_of(endpoint: Endpoint, project: Project) -> Endpoint | None:
    """Return the deputy that curators named, if the project may run it; three queries at most."""
    if endpoint.deputy_id is None:
        return None
    deputy = Endpoint.objects.select_related("picture").only(*_READ).get(pk=endpoint.deputy_id)
    is_refused = deputy.refusal_everywhere or enforcement.refusal(project, deputy)
    return None if is_refused else deputy


def proposals(endpoint: Endpoint, project: Project) -> list[Endpoint]:
    """Return up to three models that can take over in the project, the best first.

    The deputy, if there is one, is not among them. Five queries at most.
    """
    entry = ListingEntry.objects.filter(pk=endpoint.pk).values_list("text", flat=True).first()
    named = [*_FIELD.findall(entry or ""), *_SAID.findall(endpoint.description)]
    usable = (
        Endpoint.objects.listed()
        .filter(Q(category=endpoint.category) | Q(endpoint_id__in=named), status="active")
        .exclude(pk__in=[endpoint.pk, endpoint.deputy_id or 0])
        .exclude(mark=Mark.BLOCKED)
        .select_related("picture")
        .only(*_READ)
        .order_by("-published_at", "position")
    )
    fitting = [row for row in usable if row.endpoint_id in named or _can_do(row, endpoint)]
    locked = enforcement.refusals(project, fitting)
    allowed = [row for row in fitting if row.pk not in locked]
    records = model_record.shown_in(project.pk)
    preference = Preference(current(Revision.current()), records, with_special=True)

    def rank(row: Endpoint) -> tuple[Any, ...]:
        return row.endpoint_id not in named, preference.rank(row.pk), *_distance(row, endpoint)

    return sorted(allowed, key=rank)[:MOST]


def _can_do(new: Endpoint, old: Endpoint) -> bool:
    """Whether a model of the same category takes over all that the old one was used for.

    Media or a licence that is not known fit. A model without a known price, or one that is special
    (a LoRA), takes over only from such a one.
    """
    if not {*operations_of(old)} <= {*operations_of(new)} or _is_special(new) > _is_special(old):
        return False
    if price_of(new).unit_price is None and price_of(old).unit_price is not None:
        return False
    media, own = ({fact for fact in row.facts or [] if _MEDIUM(fact)} for row in (new, old))
    former_inputs = {(taker.kind, taker.role) for taker in _inputs(old)}
    required_inputs = {(taker.kind, taker.role) for taker in _inputs(new) if taker.is_required}
    is_licensed = new.license_type in ("", "commercial", old.license_type)
    return (
        is_licensed
        and (not media or own <= media)
        and (not former_inputs or required_inputs <= former_inputs)
    )


def _is_special(endpoint: Endpoint) -> bool:
    return is_special(endpoint.endpoint_id, endpoint.display_name)


def _inputs(endpoint: Endpoint) -> list[Input]:
    return [taker for values in endpoint.inputs or () if (taker := Input.from_json(values))]


def _distance(new: Endpoint, old: Endpoint) -> tuple[bool, list[int], bool]:
    """Return the sort key: newer versions of the name, then the family, then the rest."""
    (name, version), (old_name, old_version) = _named(new.endpoint_id), _named(old.endpoint_id)
    is_newer = name == old_name and version > old_version
    newest_first = [-number for number in version] if is_newer else []
    is_family = bool(old.group_key) and new.group_key == old.group_key
    return not is_newer, newest_first, not is_family


def _named(endpoint_id: str) -> tuple[str, tuple[int, ...]]:
    """`fal-ai/kling-video/v2.1/pro` → `fal-ai/kling-video/#/pro` and (2, 1)."""
    numbers = tuple(
        int(number[:9])
        for version in _VERSION.findall(endpoint_id)
        for number in re.split(r"[.-]", version)
    )
    return _VERSION.sub("#", endpoint_id), numbers
