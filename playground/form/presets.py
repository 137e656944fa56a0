"""Presets: named settings for one user, the members of a project, or everybody."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import trail
from catalog.models import Endpoint
from core.db.name_order import by_name
from core.forms import LineField
from projects.kept.models import GRACE
from projects.models.project import private_project
from runs.models import Preset
from runs.models.form import MAX_NAME_CHARS
from runs.models.querysets import PresetQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import QueryDict

    from projects.models import Project


class Scope(StrEnum):
    """Who may use a preset; a `START` preset also fills everybody's untouched form."""

    ME = "me"
    MEMBERS = "members"
    HOUSE = "house"
    START = "start"

    @classmethod
    def of_preset(cls, preset: Preset) -> Scope:
        """Return the scope of a preset; in a private project its members are its user."""
        if preset.is_shared:
            return cls.START if preset.is_house_default else cls.HOUSE
        return cls.ME if preset.is_hidden or preset.project.is_private else cls.MEMBERS

    @property
    def is_shared(self) -> bool:
        """Whether everybody in the house may use it."""
        return self in (Scope.HOUSE, Scope.START)

    @property
    def columns(self) -> dict[str, bool]:
        """Return the values of the preset's columns."""
        return {
            "is_shared": self.is_shared,
            "is_hidden": self == Scope.ME,
            "is_house_default": self == Scope.START,
        }


class PresetForm(forms.Form):
    """The name of a preset, and who may use it."""

    name = LineField(
        label="Name of the preset",
        max_length=MAX_NAME_CHARS,
        required="Give the preset a name.",
        error_messages={"max_length": f"Keep the name to {MAX_NAME_CHARS} characters."},
        widget=forms.TextInput({"autofocus": True}),
    )
    used_by = forms.TypedChoiceField(
        label="For whom",
        choices=[(scope, scope) for scope in Scope],
        coerce=Scope,
        empty_value=None,
        required=False,
    )

    def __init__(
        self, data: QueryDict | None = None, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial, auto_id="preset-%s")


class NameTaken(ValueError):
    """The user already has a preset of this name for the model in the project."""

    def __init__(self, name: str) -> None:
        super().__init__(f"You have a preset “{name}” for this model already.")


@dataclass(frozen=True)
class Listing:
    """The presets offered to a user, by name; `taken` are their own that somebody else deleted.

    `members` are other people's in the current project, `team` other people's for everybody.
    """

    mine: list[Preset]
    members: list[Preset]
    team: list[Preset]
    taken: list[Preset]


def list_presets(user: User, endpoint: Endpoint, project: Project) -> Listing:
    """List the presets of a model that are offered in a project; one query."""
    rows = list(
        (Preset.objects.offered_in(project, user) | _deleted_by_others(user))
        .filter(endpoint=endpoint)
        .select_related("user", "touched_by", "project")
        .defer("arguments")
        .order_by(by_name("name"), "pk")
    )
    for row in rows:
        row.endpoint = endpoint  # used in their addresses
    deleted = [row for row in rows if row.deleted_at]
    rows = [row for row in rows if not row.deleted_at]
    others = [row for row in rows if row.user_id != user.pk]
    return Listing(
        [row for row in rows if row.user_id == user.pk],
        [row for row in others if row.project_id == project.pk],
        [row for row in others if row.project_id != project.pk],
        deleted,
    )


def _deleted_by_others(user: User) -> PresetQuerySet:
    """Select a user's presets that somebody else deleted and that can still be restored."""
    since = timezone.now() - GRACE
    return Preset.objects.filter(user=user, deleted_at__gt=since, touched_by__isnull=False)


def create(
    user: User,
    endpoint: Endpoint,
    name: str,
    arguments: dict[str, Any],
    scope: Scope = Scope.MEMBERS,
    *,
    may_replace: bool = False,
    project: Project | None = None,
) -> Preset:
    """Save arguments as a preset of a project, by default the user's private one.

    Raises ValueError for an invalid name, NameTaken if it is in use and `may_replace` is false.
    """
    values = {
        "arguments": arguments,
        "is_shared": scope.is_shared,
        "is_hidden": scope == Scope.ME,
        "schema_digest": endpoint.schema_id or "",
    }
    name = clean_name(name)
    place: dict[str, Any] = {
        "user": user,
        "project": project or private_project(user),
        "endpoint": endpoint,
    }
    same_name = Preset.objects.kept().filter(**place, name=name)
    if same_name.exists() and not may_replace:
        raise NameTaken(name)
    try:
        with transaction.atomic():
            preset, _ = Preset.objects.kept().update_or_create(**place, name=name, defaults=values)
    except IntegrityError as error:  # another tab saved the same name first
        raise NameTaken(name) from error
    if scope == Scope.START:
        change(preset, name, scope, by=user)
    return preset


def change(preset: Preset, name: str, scope: Scope, *, by: User) -> None:
    """Rename a preset or change its scope on behalf of `by`; raises ValueError and NameTaken.

    Each model has one house default: the former one becomes an ordinary shared preset.
    """
    was_house_default = preset.is_house_default
    preset.name = clean_name(name)
    for column, value in scope.columns.items():
        setattr(preset, column, value)
    house_defaults = Preset.objects.filter(endpoint_id=preset.endpoint_id, is_house_default=True)
    try:
        with transaction.atomic():
            if preset.is_house_default:
                house_defaults.exclude(pk=preset.pk).update(is_house_default=False)
            preset.save(update_fields=["name", *scope.columns, "updated_at"])
            if preset.is_house_default != was_house_default:
                action = "made" if preset.is_house_default else "no longer"
                action += " what the house starts with"
                trail.record(by, action, [preset], f"of {preset.endpoint_id}")
    except IntegrityError as error:
        raise NameTaken(preset.name) from error


def house_default(endpoint: Endpoint) -> Preset | None:
    """Return the preset that fills the model's untouched form; the newest if there are two."""
    defaults = Preset.objects.house_defaults().filter(endpoint=endpoint)
    return defaults.order_by("-updated_at").first()


def clean_name(name: str) -> str:
    """Return the name as the form reads it; raises ValueError with a message."""
    try:
        return str(PresetForm.base_fields["name"].clean(name))
    except ValidationError as error:
        raise ValueError(*error.messages) from error
