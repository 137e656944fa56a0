"""A user's channels: create, change, pause, delete, restore; and their other preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from core.periods import UNDO_WITHIN
from core.refusals import Refused
from fal.db_safe import db_safe_text
from features.notifications import kinds
from features.notifications.delivery import webhook_addresses
from features.notifications.models import Channel, Method, NotificationPreferences, masked

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_MINUTES = 7 * 24 * 60
MAX_LIMIT = Decimal(1_000_000)
CENT = Decimal("0.01")
MAX_CHANNELS = 20  # per user
MAX_NAME_CHARS = 80
TOO_MANY = f"You have {MAX_CHANNELS} channels. Remove one that you no longer use."


class Invalid(ValueError):
    """An invalid channel: an error message for each field of its form."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class Draft:
    """The contents of a new or changed channel."""

    method: str
    name: str = ""
    address: str = ""
    kinds: tuple[str, ...] = ()
    is_paused: bool = False


def create(user: User, draft: Draft) -> Channel:
    """Create a channel; raises Invalid."""
    channel = Channel(user=user, method=draft.method)
    if draft.method not in Method.values:
        raise Invalid({"method": "Choose how it is sent."})
    _fill(channel, draft)
    with transaction.atomic():
        if Channel.objects.owned_by(user).count() >= MAX_CHANNELS:
            raise Invalid({"method": TOO_MANY})
        channel.save()
    return channel


def change(channel: Channel, draft: Draft) -> None:
    """Change all but the method; an empty address keeps the current one. Raises Invalid."""
    _fill(channel, draft)
    channel.is_paused = draft.is_paused
    channel.save(update_fields=["name", "address", "kinds", "is_paused"])


def delete(by: User, channel: Channel) -> None:
    """Delete a channel, so that nothing more is sent to it. `restore` undoes it for a day."""
    with transaction.atomic():
        Channel.objects.filter(pk=channel.pk).update(deleted_at=timezone.now())
        trail.record(by, "deleted", [channel])


def restore(by: User, channel: Channel) -> None:
    """Undo a deletion; raises Refused if it is too late."""
    if Channel.objects.owned_by(by).count() >= MAX_CHANNELS:
        raise Refused(TOO_MANY)
    since = timezone.now() - UNDO_WITHIN
    if not Channel.objects.filter(pk=channel.pk, deleted_at__gt=since).update(deleted_at=None):
        raise Refused("It was removed too long ago, or is already restored. Add it again.")


def _fill(channel: Channel, draft: Draft) -> None:
    """Apply a draft; raises Invalid with an error message for each wrong field."""
    errors = {}
    address = "" if channel.method == Method.EMAIL else db_safe_text(draft.address).strip()
    if address or (channel.method != Method.EMAIL and not channel.address):
        try:
            webhook_addresses.check(address, settings.WEBHOOK_PRIVATE_ORIGINS)
        except webhook_addresses.RefusedAddress as refusal:
            errors["address"] = str(refusal)
    name = " ".join(db_safe_text(draft.name).split())
    if len(name) > MAX_NAME_CHARS:
        errors["name"] = f"Keep the name to {MAX_NAME_CHARS} characters."
    chosen_kinds = [] if channel.method == Method.RUNS else kinds.known(draft.kinds)
    if not chosen_kinds and channel.method != Method.RUNS:
        errors["kind"] = "Choose what is sent."
    if errors:
        raise Invalid(errors)
    channel.address = address or channel.address
    channel.name = name or default_name(channel)
    channel.kinds = chosen_kinds


def default_name(channel: Channel) -> str:
    """Return a name derived from the address: `Slack, hooks.slack.com`."""
    host = masked(channel.address).partition("://")[2].partition("/")[0]
    label = Method(channel.method).label
    return (f"{label}, {host}" if host else label)[:MAX_NAME_CHARS]


def preferences_of(user: User) -> NotificationPreferences:
    """Return the user's preferences; unsaved defaults if there are none."""
    preferences = NotificationPreferences.objects.filter(user=user).first()
    return preferences or NotificationPreferences(user=user)


def save_preferences(user: User, minutes: int, limit: Decimal | None) -> None:
    """Save the minutes from which a run is long, and the daily cost limit."""
    values = {"long_run_minutes": minutes, "daily_limit": limit}
    NotificationPreferences.objects.update_or_create(user=user, defaults=values)
