"""Stars of runs, of single files, and of models."""

from __future__ import annotations

from typing import Any

from accounts import permissions
from api.contract.operation import Call, Parameter, Reply, Response, operation
from api.http import cursor
from api.http.problem import Problem
from api.representation import endpoint as representation
from api.resources.parameters import CURSOR, ENDPOINT, LIMIT, MAX_KEY, find_endpoint, take_page
from api.resources.runs import RUN, find
from catalog.models import Favourite
from catalog.models.querysets import CARD
from projects.rights import Rights
from runs.models import Run
from runs.results import stars

POSITION = Parameter(
    "position",
    {"type": "integer", "minimum": 0, "maximum": MAX_KEY},
    "the file, by the `position` that the run's `artifacts` have",
    where="path",
    converter="int",
)


@operation(
    "PUT",
    "/runs/{run_id}/star",
    scope="run",
    tag="runs",
    parameters=[RUN],
    responses=[Response(204, "The run is starred.")],
    errors=[404],
)
def star_run(call: Call) -> Reply:
    """Star a run."""
    return _star(call, is_starred=True)


@operation(
    "DELETE",
    "/runs/{run_id}/star",
    scope="run",
    tag="runs",
    parameters=[RUN],
    responses=[Response(204, "The run is not starred.")],
    errors=[404],
)
def unstar_run(call: Call) -> Reply:
    """Remove a run's star."""
    return _star(call, is_starred=False)


@operation(
    "PUT",
    "/runs/{run_id}/artifacts/{position}/star",
    scope="run",
    tag="runs",
    parameters=[RUN, POSITION],
    responses=[Response(204, "The file and its run are starred.")],
    errors=[404],
)
def star_artifact(call: Call) -> Reply:
    """Star one file of a run."""
    return _star_artifact(call, is_starred=True)


@operation(
    "DELETE",
    "/runs/{run_id}/artifacts/{position}/star",
    scope="run",
    tag="runs",
    parameters=[RUN, POSITION],
    responses=[
        Response(
            204, "The file is not starred; the run stays starred while another of its files is."
        )
    ],
    errors=[404],
)
def unstar_artifact(call: Call) -> Reply:
    """Remove the star of one file of a run."""
    return _star_artifact(call, is_starred=False)


def _star_artifact(call: Call, *, is_starred: bool) -> Reply:
    run = find(call, call.values["run_id"])
    _require_to_star(call, run)
    if not stars.star_artifact(run.pk, call.values["position"], is_starred=is_starred):
        raise Problem(404, "The run has no file at this position.")
    return Reply(None, 204)


def _star(call: Call, *, is_starred: bool) -> Reply:
    run = find(call, call.values["run_id"])
    _require_to_star(call, run)
    stars.star_run(run.pk, is_starred=is_starred)
    return Reply(None, 204)


def _require_to_star(call: Call, run: Run) -> None:
    """Raise PermissionDenied unless the user owns the run, or may change runs in its project."""
    if run.user_id != call.user.pk and not Rights(call.user, run).may_change:
        Rights(call.user, run).require_removal(permissions.CHANGE_RUN)


@operation(
    "GET",
    "/favourites",
    scope="read",
    tag="collections",
    parameters=[LIMIT, CURSOR],
    responses=[Response(200, "Starred models, the latest first.", "FavouritePage")],
)
def list_favourites(call: Call) -> Reply:
    """List the models that you starred."""
    values = call.values
    rows = Favourite.objects.filter(user=call.user).order_by("-pk")
    rows = rows.select_related("endpoint__picture").only(*(f"endpoint__{name}" for name in CARD))
    if values["cursor"]:
        (pk,) = cursor.decode(values["cursor"], int)
        rows = rows.filter(pk__lt=min(pk, MAX_KEY))

    def as_json(favourite: Favourite) -> dict[str, Any]:
        return representation.card(favourite.endpoint, call)

    favourites = list(rows[: values["limit"] + 1])
    return Reply(take_page(favourites, values["limit"], as_json, lambda favourite: [favourite.pk]))


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
    """Star a model."""
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
    """Remove your star of a model."""
    return _set(call, starred=False)


def _set(call: Call, *, starred: bool) -> Reply:
    endpoint = find_endpoint(call.values["endpoint_id"])
    Favourite.objects.set(call.user.pk, endpoint, starred=starred)
    return Reply(None, 204)
