"""Presets: the user's own and the team's."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from django.db.models.functions import Length

from accounts import permissions
from api.contract.operation import Body, Call, Parameter, Reply, Response, operation
from api.http import cursor
from api.http.problem import Problem
from api.resources.parameters import (
    CURSOR,
    IN_PROJECT,
    LIMIT,
    MAX_KEY,
    MODEL,
    TO_PROJECT,
    find_endpoint,
    key,
    take_page,
)
from playground.form import presets as domain
from projects.rights import Rights
from runs.files.own_addresses import tidy_addresses
from runs.models import Preset

MOST_CHARS = 4 << 20  # of a page
PRESET = key("preset_id", "the preset")


def as_json(preset: Preset, call: Call) -> dict[str, Any]:
    """Return a `Preset`; its endpoint and user should be loaded."""
    return {
        "id": preset.pk,
        "endpoint_id": preset.endpoint.endpoint_id,
        "name": preset.name,
        "arguments": preset.arguments,
        "is_shared": preset.is_shared,
        "is_mine": preset.user_id == call.user.pk,
        "owner": preset.user.get_username(),
        "project": call.reach.key_of(preset),
        "is_outdated": preset.schema_digest != (preset.endpoint.schema_id or ""),
    }


def find(call: Call, pk: int) -> Preset:
    """Return a preset that the user may use; raises Problem (404)."""
    rows = call.reach.visible_rows(Preset.objects.readable_by(call.user))
    preset = rows.select_related("endpoint", "user", "project").filter(pk=pk).first()
    if preset is None:
        raise Problem(404, "There is no such preset, or it is not shared with you.")
    return preset


def _fitting(sizes: list[int]) -> int:
    """Return how many presets fit into a page: their arguments may take megabytes."""
    sums = enumerate(accumulate(sizes))
    return max(1, next((count for count, total in sums if total > MOST_CHARS), len(sizes)))


@operation(
    "GET",
    "/presets",
    scope="read",
    tag="presets",
    parameters=[MODEL, IN_PROJECT, LIMIT, CURSOR],
    responses=[Response(200, "Presets, the newest first.", "PresetPage")],
)
def list_presets(call: Call) -> Reply:
    """List the presets of your projects, and those that are shared with everybody."""
    values = call.values
    rows = call.reach.listed_rows(Preset.objects.readable_by(call.user))
    rows = rows.select_related("endpoint", "user").order_by("-pk")
    if values["model"]:
        rows = rows.filter(endpoint__endpoint_id=values["model"])
    if values["cursor"]:
        (pk,) = cursor.decode(values["cursor"], int)
        rows = rows.filter(pk__lt=min(pk, MAX_KEY))
    sizes = list(rows.values_list(Length("arguments"), flat=True)[: values["limit"] + 1])
    count = min(values["limit"], _fitting(sizes))
    presets = list(rows[:count])
    return Reply(
        take_page(
            presets + presets[-1:] * (len(sizes) > count),
            count,
            lambda preset: as_json(preset, call),
            lambda preset: [preset.pk],
        )
    )


@operation(
    "GET",
    "/presets/{preset_id}",
    scope="read",
    tag="presets",
    parameters=[PRESET],
    responses=[Response(200, "The preset.", "Preset")],
    errors=[404],
)
def get_preset(call: Call) -> Reply:
    """Read a preset."""
    return Reply(as_json(find(call, call.values["preset_id"]), call))


@operation(
    "POST",
    "/presets",
    scope="run",
    tag="presets",
    body=Body("NewPreset"),
    parameters=[
        Parameter(
            "replace", {"type": "boolean", "default": False}, "replace a preset of the same name"
        ),
        TO_PROJECT,
    ],
    responses=[Response(201, "The preset.", "Preset")],
    errors=[404, 409],
)
def create_preset(call: Call) -> Reply:
    """Save arguments as a preset."""
    body = call.body
    endpoint = find_endpoint(body["endpoint_id"])
    try:
        preset = domain.create(
            call.user,
            endpoint,
            body["name"],
            tidy_addresses(body["arguments"]),
            domain.Scope.HOUSE if body.get("is_shared") else domain.Scope.MEMBERS,
            may_replace=call.values["replace"],
            project=call.reach.require_maker(),
        )
    except domain.NameTaken as error:
        raise Problem(409, f"{error} Send replace=true to replace it.") from error
    except ValueError as error:
        errors = [{"pointer": "#/name", "detail": str(error)}]
        raise Problem(422, str(error), errors=errors) from error
    return Reply(as_json(preset, call), 201, {"Location": f"/api/v1/presets/{preset.pk}"})


@operation(
    "DELETE",
    "/presets/{preset_id}",
    scope="run",
    tag="presets",
    parameters=[PRESET],
    responses=[Response(204, "Deleted; for 7 days, the preset's page can restore it.")],
    errors=[404],
)
def delete_preset(call: Call) -> Reply:
    """Delete a preset: your own, one of a project that you manage, or any with the permission."""
    preset = find(call, call.values["preset_id"])
    Rights(call.user, preset).require_removal(permissions.DELETE_PRESET)
    preset.delete_by(call.user)
    return Reply(None, 204)
