"""Notifies a user: writes rows in the caller's transaction; the worker sends them afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from core.db import clock
from core.notify import channel as wake_up
from fal.db_safe import db_safe_text
from features.notifications import kinds, subjects
from features.notifications.models import Channel, Delivery, Method, Notification

if TYPE_CHECKING:
    from django.db.models import Model

MAX_SUBJECT_CHARS = 200
MAX_TEXT_CHARS = 10_000
MAX_PATH_CHARS = 500


def notify(
    user: User,
    kind: str,
    *,
    subject: str,
    text: str = "",
    path: str = "",
    key: str,
    about: Model | None = None,
) -> bool:
    """Add a line about the event `key` to a user's inbox; False if there is one already.

    Callers must not notify a user of their own action. It is part of the caller's transaction:
    after a rollback nothing is sent. `text` is plain, `path` the page about it, without scheme and
    host. Users who may not see the row `about` do not see the line either. Each of the user's
    channels for this kind gets a delivery. Raises ValueError for an unknown kind.
    """
    if not kinds.is_known(kind):
        raise ValueError(f"{kind!r} is not a kind of notification; register it.")
    line = _line(subject, kind, text, path) | (subjects.key_of(about) if about else {})
    return _write(user, key, line, _channels(user, kind))


def tell_anew(key: str, text: str) -> None:
    """Replace the text of an event's notifications, also in deliveries not sent yet."""
    # By user and key, so that the index is used.
    notifications = Notification.objects.filter(user__in=User.objects.values("pk"), key=key)
    notifications.update(text=db_safe_text(text)[:MAX_TEXT_CHARS])


def send_test(channel: Channel) -> None:
    """Send a test to one channel, regardless of its kinds."""
    message = f"This is a test of “{channel.name}”. If you read it, the channel works."
    key = f"test {uuid.uuid4()}"
    line = _line("Test from Vitrine", kinds.TEST, message, "/account/")
    _write(channel.user, key, line | {"seen_at": clock.now()}, [channel])


def _channels(user: User, kind: str) -> list[Channel | None]:
    """Return the user's channels for a kind; None stands for the account's e-mail address."""
    channels = Channel.objects.owned_by(user).filter(is_paused=False).exclude(method=Method.RUNS)
    kind_channels: list[Channel | None] = [channel for channel in channels if kind in channel.kinds]
    can_be_mailed = kinds.is_mailed(kind) and settings.EMAIL_URL and user.email
    if can_be_mailed and not Channel.objects.filter(user=user, method=Method.EMAIL).exists():
        kind_channels.append(None)
    return kind_channels


def _line(subject: str, kind: str, text: str, path: str) -> dict[str, Any]:
    """Return a line's columns; a line break in a subject would add a mail header."""
    return {
        "kind": kind,
        "subject": " ".join(db_safe_text(subject).split())[:MAX_SUBJECT_CHARS],
        "text": db_safe_text(text)[:MAX_TEXT_CHARS],
        "path": path if len(path) <= MAX_PATH_CHARS else "",
    }


def _write(
    user: User, key: str, line: Mapping[str, Any], channels: Sequence[Channel | None]
) -> bool:
    """Write the notification with its deliveries; False if one with this key exists."""
    with transaction.atomic():
        notification, is_new = Notification.objects.get_or_create(user=user, key=key, defaults=line)
        if is_new and channels:
            Delivery.objects.bulk_create([_delivery(notification, channel) for channel in channels])
            wake_up.notify()
    return is_new


def _delivery(notification: Notification, channel: Channel | None) -> Delivery:
    """Return a delivery that is due; without an e-mail address it will fail."""
    return Delivery(
        user=notification.user,
        method=channel.method if channel else Method.EMAIL,
        address=(channel.address if channel else "") or notification.user.email,
        channel=channel,
        notification=notification,
        next_attempt_at=clock.now(),
    )
