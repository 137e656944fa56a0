"""Models: search, one model, its schema; what they really cost."""

from __future__ import annotations

from typing import Any

from api.contract.operation import Call, Parameter, Reply, Response, operation
from api.http import cursor
from api.representation import endpoint as representation
from api.resources.parameters import (
    CURSOR,
    ENDPOINT,
    LIMIT,
    MAX_KEY,
    TO_PROJECT,
    find_endpoint,
    take_page,
)
from catalog.display.operations import BY_SLUG
from catalog.filters.vocabulary import KEYS, Key
from catalog.models import Endpoint, Favourite, Revision
from catalog.search.engine import search_slice
from catalog.search.query import SORTS, STATUSES, Query
from fal.db_safe import db_safe_text
from features.spending.prices import listing
from playground.display import leaderboard
from playground.display.leaderboard import SORTS as SORTS_OF_RECORDS
from projects.rules import enforcement, gallery
from runs.records import model_record
from schemas.document.openapi import read_document

MAX_PICKED = 20
MAX_PLACE = 100_000
NUMBER = r"^(>=|<=|>|<)?[0-9]{1,6}([.][0-9]{1,4})?$"
SIZE = "^[0-9]{2,5}x[0-9]{2,5}$"


def _facet(key: Key) -> Parameter:
    """Return the parameter of a filter; several values are combined with "or", or with "and"."""
    value: dict[str, Any] = {
        "type": "string",
        "minLength": 1,
        "maxLength": 100,
        "pattern": r"^\S+( \S+)*$",
    }
    if key.values:
        value = {"type": "string", "enum": list(key.values)}
    elif key.is_number:
        value = {"type": "string", "pattern": NUMBER}
    elif key.name == "size":
        value = {"type": "string", "pattern": SIZE}
    elif key.name == "ratio":
        value = {"type": "string", "pattern": "^[0-9]{1,3}:[0-9]{1,3}$"}
    schema = {"type": "array", "items": value, "maxItems": MAX_PICKED}
    joined = "all of them must match" if key.joins_all else "any of them may match"
    return Parameter(key.name, schema, f"{key.help}, as `{key.example}`; several: {joined}")


_SEARCH = [
    Parameter(
        "q",
        {"type": "string", "maxLength": 300},
        "search text, as in the search field: words, descriptions, `out:video duration:>=10`",
    ),
    *map(_facet, KEYS.values()),
    Parameter(
        "status",
        {"type": "string", "enum": [s for s in STATUSES if s]},
        "status that upstream gives the model",
    ),
    Parameter("favourite", {"type": "boolean"}, "only models that you starred"),
    Parameter("sort", {"type": "string", "enum": [s for s in SORTS if s]}, "instead of relevance"),
    LIMIT,
    CURSOR,
]


@operation(
    "GET",
    "/models",
    scope="read",
    tag="models",
    parameters=_SEARCH,
    responses=[Response(200, "The best models first.", "ModelPage")],
)
def search_models(call: Call) -> Reply:
    """Search for models.

    Takes the searches and filters of the page `/models/`; without them, it lists the catalogue.
    `is_runnable` is false if a rule locks the model in the project where the token starts runs.
    """
    first, limit = _first_place(call.values["cursor"]), call.values["limit"]
    starred = frozenset(Favourite.objects.endpoints_of(call.user))
    query, revision = Query.from_params(call.request.GET), Revision.current()
    records = model_record.shown_in(call.reach.target.pk)
    results = search_slice(query, starred, first, limit, revision, records)
    locks = gallery.locks_in(call.reach.target, revision)
    end = first + limit
    return Reply(
        {
            "items": [
                representation.card(endpoint, call, is_locked=endpoint.pk in locks.reasons)
                for endpoint in results.endpoints
            ],
            "next_cursor": cursor.encode(end) if end < results.total else None,
            "total": results.total,
        }
    )


@operation(
    "GET",
    "/models/{endpoint_id}",
    scope="read",
    tag="models",
    parameters=[ENDPOINT],
    responses=[Response(200, "The model.", "Model")],
    errors=[404],
)
def get_model(call: Call) -> Reply:
    """Read a model: inputs, price, capabilities, an example.

    `refusal` says why it cannot be run, for example because of a rule of the project where the
    token starts runs.
    """
    rows = Endpoint.objects.with_favourites_of(call.user.pk)
    endpoint = find_endpoint(call.values["endpoint_id"], rows)
    enforcement.set_locks(call.reach.target, [endpoint])
    return Reply(representation.whole(endpoint, call))


@operation(
    "GET",
    "/schemas/{endpoint_id}",
    scope="read",
    tag="models",
    parameters=[ENDPOINT],
    responses=[Response(200, "The OpenAPI document as upstream gave it.", "ModelSchema")],
    errors=[404],
)
def get_model_schema(call: Call) -> Reply:
    """Read a model's whole OpenAPI document."""
    endpoint = find_endpoint(call.values["endpoint_id"], Endpoint.objects.select_related("schema"))
    schema = endpoint.schema
    document = read_document(schema.document) if schema else None
    return Reply(
        {
            "endpoint_id": endpoint.endpoint_id,
            "digest": endpoint.schema_id or "",
            "openapi": document if isinstance(document, dict) else None,
        }
    )


@operation(
    "GET",
    "/prices",
    scope="read",
    tag="models",
    parameters=[
        Parameter(
            "q", {"type": "string", "maxLength": 100}, "only models with these words in their name"
        ),
        Parameter("differs", {"type": "boolean"}, "only those in use in place of the list price"),
        Parameter(
            "sort",
            {"type": "string", "enum": [name for name in listing.SORTS if name]},
            "without it, the largest difference to the list price first",
        ),
        LIMIT,
        CURSOR,
    ],
    responses=[Response(200, "What models cost.", "MeasuredPricePage")],
)
def list_prices(call: Call) -> Reply:
    """List what models really cost.

    Measured from the billed runs of the whole house, whoever started them: medians and counts of
    models with five runs or more.
    """
    values, first = call.values, 0
    if text := values["cursor"]:
        (first,) = cursor.decode(text, int)
        if not 0 < first < MAX_KEY:
            raise cursor.bad_cursor()
    limit = values["limit"]
    rows = listing.find_prices(
        db_safe_text(values["q"] or ""), is_used=bool(values["differs"]), sort=values["sort"] or ""
    )
    price_rows = list(rows[first : first + limit + 1])
    return Reply(take_page(price_rows, limit, listing.as_json, lambda _: [first + limit]))


@operation(
    "GET",
    "/leaderboard",
    scope="read",
    tag="models",
    parameters=[
        Parameter("category", {"type": "string", "maxLength": 64}, "only models of this category"),
        Parameter(
            "operation",
            {"type": "string", "enum": list(BY_SLUG)},
            "only models for this operation of the front page",
        ),
        Parameter("sort", {"type": "string", "enum": list(SORTS_OF_RECORDS)}, "without it, price"),
        Parameter("house", {"type": "boolean"}, "the house's record instead of the project's"),
        TO_PROJECT,
        LIMIT,
        CURSOR,
    ],
    responses=[Response(200, "The models, the best first.", "LeaderboardPage")],
)
def get_leaderboard(call: Call) -> Reply:
    """List what models have been worth to a project, or to the house.

    The house's record has only models with twenty judged results or more, of three projects or
    more; its figures are rounded.
    """
    values, limit = call.values, call.values["limit"]
    first = _first_place(values["cursor"])
    operation = BY_SLUG.get(values["operation"] or "")
    records = model_record.records_of(None if values["house"] else call.reach.target)
    entries = [
        entry
        for entry in leaderboard.rank(records, values["sort"] or "price", operation)
        if values["category"] in {None, entry.endpoint.category}
    ]
    end = first + limit
    return Reply(
        {
            "items": [_record(entry) for entry in entries[first:end]],
            "next_cursor": cursor.encode(end) if end < len(entries) else None,
        }
    )


def _first_place(text: str | None) -> int:
    """Return the place in the list at which a page begins, from its cursor."""
    first: int
    (first,) = cursor.decode(text, int) if text else (0,)
    if not 0 <= first <= MAX_PLACE:
        raise cursor.bad_cursor()
    return first


def _record(entry: leaderboard.Entry) -> dict[str, Any]:
    endpoint, record = entry
    price, interval = record.price_per_kept, record.price_interval
    return {
        "endpoint_id": endpoint.endpoint_id,
        "name": endpoint.name,
        "category": endpoint.category,
        **{name: getattr(record, name) for name in ("runs", "failed", "judged", "kept")},
        "price_per_kept_usd": None if price is None else float(price),
        "low_usd": None if interval is None else float(interval.low),
        "high_usd": None if interval is None or interval.high is None else float(interval.high),
        "too_few": record.too_few,
        "rows": record.rows,
        "rows_won": record.rows_won,
        "median_duration_s": endpoint.median_s,
    }
