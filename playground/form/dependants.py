"""The presets of a model, and how another one takes them over."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from accounts import permissions
from catalog.models import Endpoint
from runs.models import Preset
from runs.promises.dependants import Dependants, Outcome, Replacing

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Presets(Dependants):
    """Presets for oneself, a project or the house."""

    name, label, model = "preset", "Preset", Preset
    is_house_default = False

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        rows = Preset.objects.kept().filter(is_house_default=self.is_house_default)
        return rows.filter(endpoint=endpoint).select_related("endpoint")

    def outcome(self, row: Preset, part: str, replacing: Replacing) -> Outcome:
        target, carried = replacing.target, replacing.carry(row.arguments)
        digest = target.schema_id or ""
        values = {"endpoint_id": target.pk, "arguments": carried.arguments}
        return Outcome.of_carried(carried, **values, schema_digest=digest)

    def place(self, row: Preset, replacing: Replacing) -> dict[str, Any]:
        """Return a free name, and whether it still fills new forms."""
        moved = copy(row)
        moved.endpoint = replacing.target
        return {name: getattr(moved, name) for name in moved.make_place(replacing.by)}


class HouseDefaults(Presets):
    """The preset that fills everybody's untouched form."""

    name, label = "default", "Preset of the house"
    is_house_default = True

    def own(self, rows: Any, user: User) -> Any:
        """Return what the user may choose for everybody."""
        may_choose = permissions.may(user, permissions.HOUSE_DEFAULT)
        return super().own(rows, user) if may_choose else rows.none()
