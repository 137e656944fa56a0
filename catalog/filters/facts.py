"""The facts of an endpoint, from its schema and its listing entry.

A search engine keeps the set of endpoints for each distinct fact. A condition selects the union of
the sets of the facts that it `accepts`, or the complement where it `is_negated`; a query intersects
its conditions. A facet's counts ignore the selection of its own key, unless the key `joins_all`.
`is:favourite` is no fact of the catalogue: the engine takes it from the user's stars.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone

from catalog.filters.conditions import format_number
from catalog.filters.operations import operations_of
from catalog.filters.vocabulary import KEYS, NEW_FOR_DAYS
from catalog.listed_columns import COLUMNS
from catalog.pricing import price_of, typical_run
from core.byte_cache import byte_cached
from schemas.estimate import parse_unit
from schemas.wording.languages import NAMES

_MOST = 400  # facts of one endpoint
_PER = {name: name for name in KEYS["per"].synonyms.values()} | dict(KEYS["per"].synonyms)
_FILED = {"vision": "image-to-text", "llm": "text-to-text"}
_MEDIA = {medium: medium for medium in ("text", "image", "video", "audio", "3d")}
_MEDIA |= {"speech": "audio", "json": "data"}
_COPIED = {column.fact: name for name, column in COLUMNS.items() if column.fact}
_SOUND = re.compile(
    r"(?i)\bwith\s+(?:\w+[\s-]+){0,2}?(?:audio|sound|speech|dialogue)\b|\bnative audio\b"
)
# Vidu's Start-End to Video, whose document may not have been read
_END_FRAME = re.compile(
    r"(?i)\b(?:start|first)(?:[\s-]frame)?[\s-](?:and[\s-]|to[\s-])?(?:end|last)\b|\bflf2v\b"
)
_FIXED = re.compile(r"(?i)(?<![\w.])(?:360|480|540|580|720|768|1080|1440)p\b")


class Listing(NamedTuple):
    """The columns that an endpoint's facts come from: `values_list(*Listing._fields)`."""

    endpoint_id: str
    display_name: str
    owner: str
    category: str
    description: str
    status: str
    tags: Any
    license_type: str
    kind: str
    group_key: str
    stream_url: str
    duration_estimate_min: float | None
    published_at: datetime | None
    unit_price_usd: Decimal | None
    price_unit: str
    currency: str
    mark: str
    gone_at: datetime | None
    facts: Any
    pinned: bool = False
    highlighted: bool = False
    measured_price: Decimal | None = None
    measured_unit: str = ""
    measured_runs: int = 0
    enterprise_status: str = ""
    updated_at: datetime | None = None
    median_s: float | None = None


def facts_of(row: Listing) -> tuple[str, ...]:
    """Return every fact of an endpoint, each once, in no particular order."""
    schema_facts, tags = texts(row.facts), texts(row.tags)
    facts = [
        f"category:{row.category or 'unknown'}",
        *(f"{key}:{value}" for key, column in _COPIED.items() if (value := getattr(row, column))),
        *(f"tag:{tag}" for tag in tags),
        *(f"does:{operation}" for operation in operations_of(row)),
        *_state(row),
        *_abilities(row, tags, schema_facts),
        *_price(row, schema_facts),
        *schema_facts,
        *_media_of_category(
            row.category, {fact for fact in schema_facts if fact.startswith(("in:", "out:"))}
        ),
    ]
    if (seconds := usual_s(row)) is not None:
        facts.append(f"time:{format_number(seconds)}")
    return tuple(dict.fromkeys(facts))[:_MOST]


def facts_of_endpoint(endpoint: Any) -> tuple[str, ...]:
    """Return every fact of a row of `Endpoint`."""
    return facts_of(Listing._make(getattr(endpoint, name) for name in Listing._fields))


def usual_s(row: Any) -> float | None:
    """Return how long a run of a `Listing` or an endpoint takes: our median, else the estimate."""
    estimate_s = None if row.duration_estimate_min is None else row.duration_estimate_min * 60
    seconds: float | None = estimate_s if row.median_s is None else row.median_s
    return 0.0 if seconds and seconds < 0 else seconds


def is_new(published_at: datetime | None) -> bool:
    """Whether a model was published so recently that it counts as new."""
    return published_at is not None and (timezone.now() - published_at).days <= NEW_FOR_DAYS


def texts(value: Any) -> list[str]:
    """Return the texts of a JSON list, which upstream may have filled with any values."""
    items = value if isinstance(value, list) else []
    return [text for text in items if isinstance(text, str) and text.strip()]


def _media_of_category(category: str, schema_facts: set[str]) -> list[str]:
    """Return the input and output media of the category, if the schema does not give them."""
    input_medium, _, output_medium = _FILED.get(category, category).partition("-to-")
    if not {input_medium, output_medium} <= _MEDIA.keys():
        return []
    takes = {fact for fact in schema_facts if fact.startswith("in:")} - {"in:text", "in:file"}
    makes = {fact for fact in schema_facts if fact.startswith("out:")} - {"out:data", "out:file"}
    facts = (
        []
        if takes or f"in:{_MEDIA[input_medium]}" in schema_facts
        else [f"in:{_MEDIA[input_medium]}"]
    )
    return facts if makes else [*facts, f"out:{_MEDIA[output_medium]}"]


def outcome(category: str) -> str:
    """Return a category's output as a value of `out:`; `training`, or "" if it has none."""
    if category == "training":
        return category
    medium = _FILED.get(category, category).rpartition("-to-")[2]
    return _MEDIA.get(medium, "")


def _state(row: Listing) -> list[str]:
    marks = {row.mark: True, "pinned": row.pinned, "highlighted": row.highlighted}
    facts = [f"is:{mark}" for mark, is_set in marks.items() if mark and is_set]
    if is_new(row.published_at):
        facts.append("is:new")
    if row.gone_at is not None:
        return [*facts, "is:gone"]
    return [*facts, f"is:{row.status}"]


def _abilities(row: Listing, tags: list[str], schema_facts: list[str]) -> list[str]:
    """Return the abilities that the listing states and no field shows."""
    facts = []
    if row.stream_url or row.endpoint_id.endswith("/stream"):
        facts.append("can:streaming")
    if "realtime" in tags or row.endpoint_id.endswith("/realtime"):
        facts.append("can:realtime")
    makes_video = "out:video" in schema_facts or row.category.endswith("-to-video")
    if makes_video and (row.category == "audio-to-video" or _SOUND.search(row.description)):
        facts.append("can:sound")
    if makes_video and _END_FRAME.search(f"{row.endpoint_id} {row.display_name} {row.description}"):
        facts.append("can:end-frame")
    if "out:audio" in schema_facts or outcome(row.category) == "audio":  # Kokoro TTS (Hindi)
        name_parts = re.findall(r"[a-z]+", f"{row.endpoint_id} {row.display_name}".lower())
        facts += [f"language:{word}" for word in name_parts if word in NAMES]
    if makes_video and not any(fact.startswith("resolution:") for fact in schema_facts):
        text = f"{row.endpoint_id} {row.display_name} {row.description}"
        facts += [f"resolution:{lines.lower()}" for lines in _FIXED.findall(text)]
    if "upscal" in f"{row.endpoint_id} {row.display_name} {' '.join(tags)}".lower():
        facts.append("can:upscale")
    return facts


def _price(row: Listing, schema_facts: list[str]) -> list[str]:
    """Return the price of a typical run, if it can be computed, and the unit of the price."""
    price = price_of(row)
    if price.unit_price is None or price.currency not in {"", "USD"}:
        return []
    per = f"per:{_per(price.unit)}"
    typical = typical_run(row, schema_facts)
    if typical.rate is not None and typical.length_s is not None:
        rate, length = format_number(float(typical.rate)), format_number(float(typical.length_s))
        return [per, f"price:{rate}/s*{length}"]
    low = typical.estimate.low
    if low is None:
        return [per]
    return [per, f"price:{format_number(float(low))}", *(() if low else ("is:free",))]


@byte_cached(1 << 19)
def _per(unit_text: str) -> str:
    """Return a price's unit as a value of `per:`: `1000 characters` → `character`."""
    unit = parse_unit(unit_text)
    if unit.kind == "compute second":
        return unit.kind
    return _PER.get(unit.noun, unit.noun)
