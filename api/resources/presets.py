"""Presets: the user's own and the team's."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from django.db.models.functions import Length

from api.contract.operation import Call, Reply, Response, operation
from api.http import cursor
from api.http.problem import Problem
from api.resources.parameters import (
    CURSOR,
    IN_PROJECT,
    LIMIT,
    MAX_KEY,
    MODEL,
    key,
    take_page,
)
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
    presets = list(rows[: count + 1])
    return Reply(
        take_page(presets, count, lambda preset: as_json(preset, call), lambda preset: [preset.pk])
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
