"""The columns of an endpoint that come from its entry in the listing, each declared once.

The sync writes them, `filters/facts.py` copies those with a `fact`, and a change of a searched one
renews the catalogue's revision. A new column needs its line here and its field in
`models/endpoint.py` with a migration. If people filter by it, it also needs its field in
`filters/facts.Listing` and its words in `filters/vocabulary.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import fal
from fal.db_safe import db_safe_text


class Column(NamedTuple):
    """How a column is read, and what uses it besides the card."""

    read: Callable[[fal.CatalogueItem, fal.Metadata], Any]
    fact: str = ""  # the key of the filter that has its value: `license`
    is_searched: bool = False  # search, filters and orders read it


def _copied(name: str, *, is_searched: bool = False, default: Any = None) -> Column:
    """Return the column that is the metadata's value of this name, or the default."""
    return Column(lambda item, data: getattr(data, name) or default, "", is_searched)


def _link(name: str, *, is_searched: bool = False) -> Column:
    """Return the column of a URL that pages link to; empty unless it is http or https."""

    def read(item: fal.CatalogueItem, data: fal.Metadata) -> str:
        url: str | None = getattr(data, name)
        return url if url and url.startswith(("https://", "http://")) else ""

    return Column(read, "", is_searched)


def owner_of(item: fal.CatalogueItem) -> str:
    """Return the owner that the endpoint's id names."""
    try:
        return fal.EndpointId.parse(item.endpoint_id).owner
    except fal.InvalidEndpointId:
        return item.endpoint_id.partition("/")[0]


def version_of(item: fal.CatalogueItem) -> str:
    """Return `updated_at` verbatim from the response; it identifies an endpoint's version."""
    metadata = item.raw.get("metadata")
    updated_at = metadata.get("updated_at") if isinstance(metadata, dict) else None
    return db_safe_text(updated_at)[:64] if isinstance(updated_at, str) else ""


COLUMNS: Mapping[str, Column] = {
    "display_name": Column(lambda item, data: data.display_name or item.endpoint_id),
    "owner": Column(lambda item, data: owner_of(item), "owner"),
    "category": _copied("category", default=""),
    "description": _copied("description", default=""),
    "status": _copied("status", default="active"),
    "tags": Column(lambda item, data: [db_safe_text(tag) for tag in data.tags], "", True),
    "license_type": Column(lambda item, data: data.license_type or "", "license", True),
    "enterprise_status": Column(
        lambda item, data: db_safe_text(item.enterprise_status or ""), "enterprise", True
    ),
    "kind": Column(lambda item, data: data.kind or "", "kind", True),
    "group_key": Column(lambda item, data: data.group.key if data.group else "", "group"),
    "group_label": Column(lambda item, data: data.group.label if data.group else ""),
    "thumbnail_url": _link("thumbnail_url"),
    "thumbnail_animated_url": _link("thumbnail_animated_url"),
    "model_url": _link("model_url"),
    "github_url": _link("github_url"),
    "stream_url": _link("stream_url", is_searched=True),
    "training_endpoint_ids": Column(lambda item, data: [*data.training_endpoint_ids]),
    "inference_endpoint_ids": Column(lambda item, data: [*data.inference_endpoint_ids]),
    "duration_estimate_min": Column(lambda item, data: data.duration_estimate),
    "published_at": Column(lambda item, data: data.date, "", True),
    "updated_at": Column(lambda item, data: data.updated_at, "", True),
    "upstream_updated": Column(lambda item, data: version_of(item)),
    "pinned": Column(lambda item, data: data.pinned, "", True),
    "highlighted": Column(lambda item, data: data.highlighted, "", True),
    "is_favorited": Column(lambda item, data: data.is_favorited),
}
