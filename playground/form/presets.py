"""Presets: settings under a name, one's own or shared with the team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Endpoint
from playground.form import links, mending
from playground.models import Preset
from schemas.mending import Misfit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_NAME = 80
KEPT_AFTER_DELETION = timedelta(days=1)


class NameTaken(ValueError):
    """The person has a preset of this name for the model."""

    def __init__(self, name: str) -> None:
        super().__init__(f"You have a preset “{name}” for this model already.")


@dataclass(frozen=True)
class Offer:
    """One preset, and what of it does not fit the model any more."""

    preset: Preset
    misfits: list[Misfit]
    is_mendable: bool


@dataclass(frozen=True)
class Listing:
    """The presets that a person is offered, by name."""

    mine: list[Offer]
    team: list[Offer]


def offered(user: User, endpoint: Endpoint) -> Listing:
    """A person's own presets of a model and those that others share; older ones looked through.

    One query, and one more where some were saved under an older version of the schema.
    """
    rows = list(
        Preset.objects.offered_to(user)
        .filter(endpoint=endpoint)
        .select_related("user")
        .defer("arguments")
        .order_by("name", "pk")
    )
    older = [row.pk for row in rows if row.schema_digest != (endpoint.schema_id or "")]
    texts = Preset.objects.filter(pk__in=older).values_list("pk", "arguments") if older else ()
    arguments = dict(texts)
    offers = [offer(endpoint, row, arguments.get(row.pk)) for row in rows]
    return Listing(
        [one for one in offers if one.preset.user_id == user.pk],
        [one for one in offers if one.preset.user_id != user.pk],
    )


def offer(endpoint: Endpoint, preset: Preset, arguments: Any) -> Offer:
    """A preset with what does not fit; `arguments` are looked at only where it is an older one."""
    digest = preset.schema_digest or mending.UNKNOWN
    found = mending.look(endpoint, arguments, digest)
    return Offer(preset, found.misfits, found.is_mendable) if found else Offer(preset, [], False)


def mend(preset: Preset) -> str:
    """Make a preset fit the model as it is now; what was done. `unmend` brings back what it was."""
    endpoint = preset.endpoint
    found = mending.look(endpoint, preset.arguments, preset.schema_digest or mending.UNKNOWN)
    if found is None or not found.is_mendable:
        return f"“{preset.name}” has nothing that a repair could mend."
    said = mending.report(found.misfits)
    preset.unmended = {
        "arguments": preset.arguments,
        "schema_digest": preset.schema_digest,
        "said": said,
    }
    preset.arguments, preset.schema_digest = found.arguments, endpoint.schema_id or ""
    preset.save(update_fields=["arguments", "schema_digest", "unmended", "updated_at"])
    return said


def unmend(preset: Preset) -> None:
    """Undo a repair; what was never repaired stays as it is."""
    before = preset.unmended
    if before:
        preset.arguments, preset.schema_digest = before["arguments"], before["schema_digest"]
        preset.unmended = None
        preset.save(update_fields=["arguments", "schema_digest", "unmended", "updated_at"])


def create(
    user: User,
    endpoint: Endpoint,
    name: str,
    arguments: dict[str, Any],
    *,
    is_shared: bool = False,
    may_replace: bool = False,
) -> Preset:
    """Save arguments under a name; raises ValueError for a bad name, NameTaken unless it may replace."""
    values = {
        "arguments": arguments,
        "is_shared": is_shared,
        "schema_digest": endpoint.schema_id or "",
        "unmended": None,
    }
    name = proper(name)
    _forget_deleted(user)
    known = Preset.objects.kept().filter(user=user, endpoint=endpoint, name=name)
    if known.exists() and not may_replace:
        raise NameTaken(name)
    try:
        with transaction.atomic():
            preset, _ = Preset.objects.kept().update_or_create(
                user=user, endpoint=endpoint, name=name, defaults=values
            )
    except IntegrityError as error:  # another tab was quicker
        raise NameTaken(name) from error
    if is_shared:
        links.open_files(user, arguments)
    return preset


def change(
    preset: Preset, name: str, *, is_shared: bool, is_house_default: bool | None = None
) -> None:
    """Rename a preset, share it or take it back; raises ValueError and NameTaken.

    `is_house_default` makes it what fills an untouched form, for everybody, in place of the one
    before; None leaves that as it is. What is not shared cannot be it.
    """
    preset.name, preset.is_shared = proper(name), is_shared
    if is_house_default is not None:
        preset.is_house_default = is_house_default
    preset.is_house_default = preset.is_house_default and is_shared
    others = Preset.objects.filter(endpoint_id=preset.endpoint_id, is_house_default=True)
    try:
        with transaction.atomic():
            if preset.is_house_default:
                others.exclude(pk=preset.pk).update(is_house_default=False)
            preset.save(update_fields=["name", "is_shared", "is_house_default", "updated_at"])
    except IntegrityError as error:
        raise NameTaken(preset.name) from error
    if is_shared:
        links.open_files(preset.user, preset.arguments)


def house_default(endpoint: Endpoint) -> Preset | None:
    """The preset that fills the model's untouched form; the newest where there should be two."""
    kept = Preset.objects.house_defaults().filter(endpoint=endpoint)
    return kept.order_by("-updated_at").first()


def delete(preset: Preset) -> None:
    """Take a preset away; for a day it can be brought back."""
    preset.deleted_at = timezone.now()
    preset.save(update_fields=["deleted_at"])


def bring_back(preset: Preset) -> None:
    """Undo a deletion; where its name was given away meanwhile, it comes back as `name (2)`."""
    taken = Preset.objects.kept().filter(user_id=preset.user_id, endpoint_id=preset.endpoint_id)
    names = set(taken.exclude(pk=preset.pk).values_list("name", flat=True))
    base, number = preset.name, 2
    while preset.name in names:
        preset.name = f"{base[: LONGEST_NAME - 5]} ({number})"
        number += 1
    preset.deleted_at = None
    if house_default(preset.endpoint):  # another has taken its place meanwhile
        preset.is_house_default = False
    preset.save(update_fields=["deleted_at", "name", "is_house_default"])


def proper(name: str) -> str:
    """A name without idle space; raises ValueError with a sentence."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise ValueError("Give the preset a name.")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"Keep the name to {LONGEST_NAME} characters.")
    return name


def _forget_deleted(user: User) -> None:
    long_ago = timezone.now() - KEPT_AFTER_DELETION
    Preset.objects.filter(user=user, deleted_at__lt=long_ago).delete()
