"""The models that a call may run, in the format of fal's Platform API (protocol, section 3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.http import QueryDict

from api.fal_proxy.target import Host
from api.http import cursor
from api.http.problem import Problem
from api.reach import Reach
from api.representation import moments
from catalog.models import Endpoint, Mark, Revision
from catalog.models.querysets import EndpointQuerySet
from catalog.search.engine import rank_all
from catalog.search.index import current
from catalog.search.query import Query
from fal.db_safe import db_safe_text
from projects.rules import gallery
from schemas.document.openapi import read_document

MAX_IDS, MAX_LIMIT, MAX_EXPANDED, DEFAULT_LIMIT = 50, 1000, 10, 50
OPENAPI, ENTERPRISE = "openapi-3.0", "enterprise_status"
STATUSES = ("active", "deprecated")
ORDERS: Mapping[str, Any] = {
    "relevant": ["position", "endpoint_id"],
    "recent": [F("published_at").desc(nulls_last=True), "position", "endpoint_id"],
}
MAX_PLACE = 100_000
_UNREAD = ("field_words", "inputs", "facts")


@dataclass(frozen=True)
class Question:
    """The parameters of a call of `/models`; unknown ones are ignored, as at fal."""

    ids: tuple[str, ...]
    expand: frozenset[str]
    first: int
    limit: int
    q: str
    category: str | None
    status: str | None
    sort: str | None

    @classmethod
    def from_params(cls, params: QueryDict) -> Question:
        """Parse the parameters of an address; raises Problem (400)."""
        expand = frozenset(params.getlist("expand"))
        most = MAX_EXPANDED if OPENAPI in expand else MAX_LIMIT
        return cls(
            ids=read_ids(params),
            expand=_choices("expand", (OPENAPI, ENTERPRISE), expand),
            first=_first(params.get("cursor")),
            limit=_limit(params.get("limit"), most),
            q=" ".join(db_safe_text(params.get("q", ""))[:300].split()),
            category=_text(params.get("category")),
            status=next(iter(_choices("status", STATUSES, params.getlist("status")[-1:])), None),
            sort=next(iter(_choices("sort", tuple(ORDERS), params.getlist("sort")[-1:])), None),
        )


def read_ids(params: QueryDict, separator: str | None = None) -> tuple[str, ...]:
    """Return the ids that `endpoint_id` names, once each; raises Problem (400) for too many."""
    texts = params.getlist("endpoint_id")
    names = [name for text in texts for name in (text.split(separator) if separator else [text])]
    ids = tuple(dict.fromkeys(db_safe_text(name) for name in names if name))
    if len(ids) > MAX_IDS:
        raise Problem(400, f"endpoint_id: at most {MAX_IDS} ids in one call")
    return ids


def list_models(question: Question, reach: Reach, run_address: str) -> dict[str, Any]:
    """Return a page of the models that the call may run; raises Problem (404) for unknown ids.

    `run_address` is the address here that replaces fal's own host for running models.
    """
    keys = _keys(question, reach)
    end = question.first + question.limit
    rows = Endpoint.objects.with_favourites_of(reach.user.pk).select_related("entry")
    if OPENAPI in question.expand:
        rows = rows.select_related("entry", "schema")
    endpoints = rows.defer(*_UNREAD).in_bulk(keys[question.first : end])
    body: dict[str, Any] = {
        "models": [
            _item(endpoints[key], question.expand, run_address)
            for key in keys[question.first : end]
            if key in endpoints
        ],
        "next_cursor": cursor.encode(end) if end < len(keys) else None,
        "has_more": end < len(keys),
    }
    return body | ({"ordering": {"sort": question.sort}} if question.sort else {})


def prices(params: QueryDict, reach: Reach) -> dict[str, Any]:
    """Return the list prices of models that the call may run; raises Problem (400, 404)."""
    ids = read_ids(params, ",")
    if not ids:
        raise Problem(400, "endpoint_id is required")
    rows_by_id = {row.endpoint_id: row for row in _named(_runnable(reach), ids)}
    return {
        "prices": [
            {
                "endpoint_id": endpoint_id,
                "unit_price": float(row.unit_price_usd),
                "unit": row.price_unit,
                "currency": row.currency or "USD",
            }
            for endpoint_id in ids
            if (row := rows_by_id.get(endpoint_id)) and row.unit_price_usd is not None
        ],
        "next_cursor": None,
        "has_more": False,
    }


def _runnable(reach: Reach) -> EndpointQuerySet:
    """Return the models that can be run in the call's project."""
    locks = gallery.locks_in(reach.target, Revision.current())
    rows = Endpoint.objects.listed().exclude(mark=Mark.BLOCKED)
    return rows.exclude(pk__in=locks.models) if locks.models else rows


def _named(rows: EndpointQuerySet, ids: tuple[str, ...]) -> EndpointQuerySet:
    """Return the rows with these ids; raises Problem (404) if there is none.

    A model that the call may not run counts as nonexistent.
    """
    matching_rows = rows.filter(endpoint_id__in=ids)
    if not matching_rows.exists():
        raise Problem(404, f"Endpoint {ids[0][:255]!r} not found")
    return matching_rows


def _keys(question: Question, reach: Reach) -> list[int]:
    """Return the keys of all models that match a call, in the requested order."""
    rows = _runnable(reach)
    rows = _named(rows, question.ids) if question.ids else rows
    for name in ("category", "status"):
        if (value := getattr(question, name)) is not None:
            rows = rows.filter(Q(**{name: value}))
    ordered = rows.order_by(*ORDERS[question.sort or "relevant"]).values_list("pk", "endpoint_id")
    keys = dict(ordered)
    if question.q:
        ranks = rank_all(Query(q=question.q), current(Revision.current()))
        keys = {key: name for key, name in keys.items() if key in ranks}
    if question.ids:
        return sorted(keys, key=lambda key: question.ids.index(keys[key]))
    if question.q and question.sort != "recent":
        return sorted(keys, key=ranks.__getitem__)
    return list(keys)


def _item(endpoint: Endpoint, expand: frozenset[str], run_address: str) -> dict[str, Any]:
    """Return a model as upstream listed it, with the star of the caller."""
    entry = getattr(endpoint, "entry", None)
    entry_values = json.loads(entry.text) if entry else {}
    own = _columns(endpoint)
    metadata = {**own, **(entry_values.get("metadata") or {}), "is_favorited": own["is_favorited"]}
    for name in ("model_url", "stream_url"):
        if isinstance(metadata.get(name), str):
            metadata[name] = _at_own_host(metadata[name], run_address)
    item: dict[str, Any] = {"endpoint_id": endpoint.endpoint_id, "metadata": metadata}
    if OPENAPI in expand:
        document = read_document(endpoint.schema.document) if endpoint.schema else None
        why = endpoint.schema_error or "There is no document of this model here."
        item["openapi"] = document if isinstance(document, dict) else _failed(why)
    if ENTERPRISE in expand:
        status = entry_values.get(ENTERPRISE)
        item[ENTERPRISE] = status or _failed("This server does not know the enterprise status.")
    return item


def _columns(endpoint: Endpoint) -> dict[str, Any]:
    """Return all metadata that fal promises, also for a model that was never listed."""
    return {
        "display_name": endpoint.display_name,
        "category": endpoint.category,
        "description": endpoint.description,
        "status": endpoint.status,
        "tags": endpoint.tags,
        "updated_at": moments.as_text(endpoint.updated_at or endpoint.first_seen_at),
        "is_favorited": endpoint.is_favourite,  # type: ignore[attr-defined]  # an annotation
        "thumbnail_url": endpoint.thumbnail_url,
        "model_url": f"https://{Host.RUN}/{endpoint.endpoint_id}",
        "date": moments.as_text(endpoint.published_at or endpoint.first_seen_at),
        "highlighted": endpoint.highlighted,
        "pinned": endpoint.pinned,
    }


def _at_own_host(address: str, run_address: str) -> str:
    """Replace the host that runs models by ours, where the token is valid."""
    for fal_prefix in (f"https://{Host.RUN}/", f"{settings.FAL_RUN_URL}/"):
        if address.startswith(fal_prefix):
            return f"{run_address}/{address.removeprefix(fal_prefix)}"
    return address


def _text(value: str | None) -> str | None:
    return None if value is None else db_safe_text(value)


def _failed(why: str) -> dict[str, Any]:
    return {"error": {"code": "expansion_failed", "message": why}}


def _choices(name: str, known_values: tuple[str, ...], values: Any) -> frozenset[str]:
    unknown = sorted(set(values) - set(known_values))
    if unknown:
        raise Problem(400, f"{name}: {unknown[0][:100]!r} is not one of {', '.join(known_values)}")
    return frozenset(values)


def _limit(text: str | None, most: int) -> int:
    if text is None:
        return min(DEFAULT_LIMIT, most)
    if not (text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= most):
        raise Problem(400, f"limit must be between 1 and {most}")
    return int(text)


def _first(text: str | None) -> int:
    """Return the position of a page's first model."""
    if not text:
        return 0
    try:
        (first,) = cursor.decode(text[: cursor.MAX_CHARS], int)
    except Problem as problem:
        raise Problem(400, problem.detail) from None
    if not 0 < first <= MAX_PLACE:
        raise Problem(400, cursor.bad_cursor().detail)
    return int(first)
