"""The presets of a model, and how another one takes them over."""

from __future__ import annotations

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
        moved = Preset(
            pk=row.pk, user_id=row.user_id, project_id=row.project_id, endpoint=target,
            name=row.name, is_house_default=row.is_house_default,
        )  # fmt: skip
        place = {name: getattr(moved, name) for name in moved.make_place(replacing.by)}
        return Outcome.of(
            carried,
            endpoint_id=target.pk,
            arguments=carried.arguments,
            schema_digest=target.schema_id or "",
            **place,
        )


class HouseDefaults(Presets):
    """The preset that fills everybody's untouched form."""

    name, label = "default", "Preset of the house"
    is_house_default = True

    def own(self, rows: Any, user: User) -> Any:
        """Return what the user may choose for everybody."""
        may_choose = permissions.may(user, permissions.HOUSE_DEFAULT)
        return super().own(rows, user) if may_choose else rows.none()
