"""The user's favourite models."""

from __future__ import annotations

from typing import Any

from api.contract.operation import Call, Reply, Response, operation
from api.http import cursor
from api.representation import endpoint as representation
from api.resources.parameters import CURSOR, ENDPOINT, LIMIT, MAX_KEY, find_endpoint, page
from catalog.models import Favourite
from catalog.models.querysets import CARD


@operation(
    "GET",
    "/favourites",
    scope="read",
    tag="collections",
    parameters=[LIMIT, CURSOR],
    responses=[Response(200, "Starred models, the latest first.", "FavouritePage")],
)
def list_favourites(call: Call) -> Reply:
    """List your favourites."""
    values = call.values
    rows = Favourite.objects.filter(user=call.user).order_by("-pk")
    rows = rows.select_related("endpoint__picture").only(*(f"endpoint__{name}" for name in CARD))
    if values["cursor"]:
        (pk,) = cursor.decode(values["cursor"], int)
        rows = rows.filter(pk__lt=min(pk, MAX_KEY))

    def as_json(favourite: Favourite) -> dict[str, Any]:
        return representation.card(favourite.endpoint, call)

    favourites = list(rows[: values["limit"] + 1])
    return Reply(page(favourites, values["limit"], as_json, lambda favourite: [favourite.pk]))


@operation(
    "PUT",
    "/favourites/{endpoint_id}",
    scope="run",
    tag="collections",
    parameters=[ENDPOINT],
    responses=[Response(204, "The model is starred.")],
    errors=[404],
)
def add_favourite(call: Call) -> Reply:
    """Make a model one of your favourites."""
    return _set(call, starred=True)


@operation(
    "DELETE",
    "/favourites/{endpoint_id}",
    scope="run",
    tag="collections",
    parameters=[ENDPOINT],
    responses=[Response(204, "The model is no longer starred.")],
    errors=[404],
)
def remove_favourite(call: Call) -> Reply:
    """Remove a model from your favourites."""
    return _set(call, starred=False)


def _set(call: Call, *, starred: bool) -> Reply:
    endpoint = find_endpoint(call.values["endpoint_id"])
    Favourite.objects.set(call.user.pk, endpoint, starred=starred)
    return Reply(None, 204)
