"""The catalogue's change log."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from api.contract.operation import Call, Parameter, Reply, Response, operation
from api.http import cursor
from api.representation import endpoint as representation
from api.resources.parameters import CURSOR, LIMIT, MODEL, take_page
from catalog.changelog.queries import KINDS
from catalog.models import Change, Favourite
from core.http.parameters import parse_moment


@operation(
    "GET",
    "/changes",
    scope="read",
    tag="models",
    parameters=[
        Parameter("kind", {"type": "string", "enum": list(KINDS)}, "only changes of this kind"),
        MODEL,
        Parameter("favourite", {"type": "boolean"}, "only changes of models that you starred"),
        LIMIT,
        CURSOR,
    ],
    responses=[Response(200, "Changes, the newest first.", "ChangePage")],
)
def list_changes(call: Call) -> Reply:
    """List what changed in the catalogue: new, changed and withdrawn models."""
    values = call.values
    rows = Change.objects.worth_showing().select_related("endpoint").order_by("-at", "-pk")
    rows = rows.only("kind", "at", "lines", "weight", "endpoint__endpoint_id")
    if values["kind"]:
        rows = rows.filter(KINDS[values["kind"]][1])
    if values["model"]:
        rows = rows.filter(endpoint__endpoint_id=values["model"])
    if values["favourite"]:
        rows = rows.filter(endpoint__in=Favourite.objects.endpoints_of(call.user))
    if values["cursor"]:
        at, pk = read_moment(values["cursor"], int)
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    changes = list(rows[: values["limit"] + 1])
    return Reply(
        take_page(
            changes,
            values["limit"],
            representation.change,
            lambda change: (change.at.isoformat(), change.pk),
        )
    )


def read_moment(text: str, kind: type) -> tuple[datetime, int | str]:
    """Return the time and the key in the cursor of a list sorted by time; raises Problem."""
    moment, key = cursor.decode(text, str, kind)
    at = parse_moment(moment)
    if at is None:
        raise cursor.bad_cursor()
    return at, key
