"""Typed responses of the Platform API: endpoints, prices, estimates (protocol, section 3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import orjson

from fal import reading
from fal.errors import UpstreamFailed
from fal.reading import Json


@dataclass(frozen=True)
class Group:
    """The family that an endpoint belongs to."""

    key: str
    label: str


@dataclass(frozen=True)
class Metadata:
    """The registry's entry for an endpoint (3.3); words such as status and category are opaque.

    A missing text is "", a missing link or kind None. `duration_estimate` is in minutes.
    `highlighted` and `pinned` are legacy; newer responses omit them (False).
    """

    display_name: str
    category: str
    description: str
    status: str
    tags: tuple[str, ...]
    updated_at: datetime | None
    is_favorited: bool | None
    thumbnail_url: str | None
    thumbnail_animated_url: str | None
    model_url: str | None
    github_url: str | None
    license_type: str | None
    date: datetime | None
    group: Group | None
    highlighted: bool
    pinned: bool
    kind: str | None
    training_endpoint_ids: tuple[str, ...]
    inference_endpoint_ids: tuple[str, ...]
    stream_url: str | None
    duration_estimate: float | None

    @classmethod
    def from_json(cls, raw: Json) -> Metadata:
        """Parses any JSON object; never raises."""
        group = reading.as_mapping(raw.get("group"))
        return cls(
            display_name=reading.text(raw, "display_name"),
            category=reading.text(raw, "category"),
            description=reading.text(raw, "description"),
            status=reading.text(raw, "status"),
            tags=reading.texts(raw, "tags"),
            updated_at=reading.time(raw, "updated_at"),
            is_favorited=reading.flag(raw, "is_favorited"),
            thumbnail_url=reading.text_or_none(raw, "thumbnail_url"),
            thumbnail_animated_url=reading.text_or_none(raw, "thumbnail_animated_url"),
            model_url=reading.text_or_none(raw, "model_url"),
            github_url=reading.text_or_none(raw, "github_url"),
            license_type=reading.text_or_none(raw, "license_type"),
            date=reading.time(raw, "date"),
            group=Group(reading.text(group, "key"), reading.text(group, "label"))
            if group
            else None,
            highlighted=reading.flag(raw, "highlighted") or False,
            pinned=reading.flag(raw, "pinned") or False,
            kind=reading.text_or_none(raw, "kind"),
            training_endpoint_ids=reading.texts(raw, "training_endpoint_ids"),
            inference_endpoint_ids=reading.texts(raw, "inference_endpoint_ids"),
            stream_url=reading.text_or_none(raw, "stream_url"),
            duration_estimate=reading.number(raw, "duration_estimate"),
        )


@dataclass(frozen=True)
class ExpansionError:
    """Why an expanded part is missing; a previously stored value stays valid (C4)."""

    code: str
    message: str


@dataclass(frozen=True)
class CatalogueItem:
    """One endpoint of a page. `openapi` is its document as JSON text, in the wire's order.

    `raw` is the item as received, without the document. `text` is its original JSON text, kept for
    items that were requested without a document.
    """

    endpoint_id: str
    openapi: str | None = None
    openapi_error: ExpansionError | None = None
    enterprise_status: str | None = None
    enterprise_status_error: ExpansionError | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, raw: Any, text: str = "") -> CatalogueItem:
        """Reads one item; raises ValueError with the reason when it has no usable id."""
        if not isinstance(raw, dict):
            raise ValueError("the item is not an object")
        endpoint_id = raw.get("endpoint_id")
        if not isinstance(endpoint_id, str) or not endpoint_id or not endpoint_id.isprintable():
            raise ValueError("endpoint_id is missing or not a printable text")
        metadata = raw.get("metadata")
        if metadata is not None and not isinstance(metadata, dict):
            raise ValueError("metadata is not an object")
        stored_fields = {key: value for key, value in raw.items() if key != "openapi"}
        openapi, openapi_error = _expanded(raw, "openapi", dict)
        status, status_error = _expanded(raw, "enterprise_status", str)
        return cls(
            endpoint_id=endpoint_id,
            openapi=None if openapi is None else _as_text(openapi),
            openapi_error=openapi_error,
            enterprise_status=status,
            enterprise_status_error=status_error,
            raw=stored_fields,
            text=text,
        )

    @cached_property
    def metadata(self) -> Metadata | None:
        """The registry's entry, parsed on first use because most are never read."""
        metadata = self.raw.get("metadata")
        return None if metadata is None else Metadata.from_json(metadata)


@dataclass(frozen=True)
class Malformed:
    """An item of a page that cannot be parsed; the page's other items are not affected."""

    endpoint_id: str | None
    reason: str


@dataclass(frozen=True)
class Page:
    """One page of the catalogue. `raw` holds the top-level fields other than the items."""

    models: list[CatalogueItem]
    has_more: bool
    next_cursor: str | None
    malformed: list[Malformed]
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_bytes(cls, content: bytes, *, has_texts: bool = True) -> Page:
        """Parses a response body; raises UpstreamFailed unless it is an object with `models`.

        Without `has_texts` the items' `text` is empty, which spares scanning large documents.
        """
        raw, is_clean = _loads(content)
        entries = raw.pop("models", None) if isinstance(raw, dict) else None
        if not isinstance(entries, list):
            raise UpstreamFailed("fal's answer has no list of models.", is_retryable=True)
        models, malformed = [], []
        texts = _texts(content, entries) if has_texts else [""] * len(entries)
        for entry, text in zip(entries, texts, strict=True):
            try:
                if not is_clean:
                    orjson.dumps(entry)
                models.append(CatalogueItem.from_json(entry, text))
            except (ValueError, TypeError, RecursionError) as error:
                endpoint_id = entry.get("endpoint_id") if isinstance(entry, dict) else None
                malformed.append(
                    Malformed(endpoint_id if isinstance(endpoint_id, str) else None, str(error))
                )
        cursor = reading.text_or_none(raw, "next_cursor")
        return cls(models, raw.get("has_more") is True, cursor, malformed, raw)


@dataclass(frozen=True)
class Price:
    """What one `unit` of an endpoint costs; `unit` is free text (`image`, `seconds`)."""

    endpoint_id: str
    unit_price: Decimal
    unit: str
    currency: str


def prices(raw: Any) -> tuple[list[Price], str | None]:
    """The valid prices of a page, and the cursor of the next page if there is one."""
    raw = reading.as_mapping(raw)
    entries = raw.get("prices")
    if not isinstance(entries, list):
        raise UpstreamFailed("fal's answer has no list of prices.", is_retryable=True)
    parsed = [price for entry in entries if (price := _price(reading.as_mapping(entry)))]
    return parsed, reading.text_or_none(raw, "next_cursor") if raw.get("has_more") is True else None


def _price(raw: Mapping[str, Any]) -> Price | None:
    endpoint_id, amount = reading.text(raw, "endpoint_id"), reading.decimal(raw.get("unit_price"))
    if not endpoint_id or amount is None:
        return None
    return Price(
        endpoint_id, amount, reading.text(raw, "unit"), reading.text(raw, "currency") or "USD"
    )


def _expanded(raw: Json, key: str, kind: type) -> tuple[Any, ExpansionError | None]:
    """The expanded value at `key`, or its error; both None if no expansion was requested."""
    value = raw.get(key)
    error = value.get("error") if isinstance(value, dict) and "openapi" not in value else None
    if isinstance(error, dict):
        return None, ExpansionError(reading.text(error, "code"), reading.text(error, "message"))
    if value is None or isinstance(value, kind):
        return value, None
    return None, ExpansionError("malformed", f"{key} is not of the kind that fal documents")


def _texts(content: bytes, entries: list[Any]) -> list[str]:
    """The JSON text of each entry; re-encoded if `models` occurs twice or nests too deep."""
    try:
        texts = reading.item_texts(content, "models")
    except (ValueError, IndexError, RecursionError):
        texts = []
    return texts if len(texts) == len(entries) else [json.dumps(entry) for entry in entries]


def _loads(content: bytes) -> tuple[Any, bool]:
    """The JSON, and whether all of it can be stored. Tries orjson first: it is much faster.

    orjson rejects lone surrogates and NaN, which Python's parser accepts. In that case the caller
    checks each item, so that one bad item does not discard the page.
    """
    try:
        return orjson.loads(content), True
    except orjson.JSONDecodeError:
        return reading.parse(content), False


def _as_text(document: dict[str, Any]) -> str:
    try:
        return orjson.dumps(document).decode()
    except TypeError:  # integers beyond 64 bits, nesting beyond 254
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
