"""The web process's part of a new key: seals it and waits for fal's answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import transaction

from core import refusals
from core.db import clock
from core.notify import channel
from runs.keys import vault
from runs.models import KeySeal, ProjectKey

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

MAX_CHARS = 255
LOOK_EVERY_S = 0.05
NO_SEAL = (
    "Keys of projects cannot be kept yet: the worker has no KEYS_SECRET, or does not run. "
    "`manage.py rotate_keys --new` prints a secret for .env; then start Vitrine again."
)
ENTERED_AGAIN = "Somebody has just entered another key for this project, or removed this one."
FORM = "A fal key is `key_id:key_secret`, one word with a colon. Copy the whole key."
State = ProjectKey.State
NOT_USED_UP = {State.TRIED, State.ACTIVE}


class Refused(refusals.Refused):
    """Nothing was saved; the message says why."""


def can_take() -> bool:
    """Whether a worker has made the seal that hands keys to it."""
    return KeySeal.objects.exists()


def enter(project: Project, key: str, person: User) -> ProjectKey:
    """Save a sealed key until a worker has tried it at fal; raises Refused.

    The project keeps using its former key until then.
    """
    key = key.strip()
    is_word = key.isascii() and key.isprintable() and " " not in key and len(key) <= MAX_CHARS
    key_id, _, secret = key.partition(":")
    if not (is_word and key_id and secret):
        raise Refused(FORM)
    key_seal = KeySeal.objects.filter(pk=vault.SEAL_ROW).first()
    if key_seal is None:
        raise Refused(NO_SEAL)
    with transaction.atomic():
        other_keys = ProjectKey.objects.filter(key_id=key_id[:128], state__in=NOT_USED_UP)
        if other := other_keys.exclude(project=project).select_related("project").first():
            raise Refused(
                f"The project “{other.project}” has this key. fal counts and locks runs by key, "
                "so each project needs its own key."
            )
        # A second submission before fal has answered: the newest key counts.
        ProjectKey.objects.filter(project=project, state=State.TRIED).delete()
        row = ProjectKey.objects.create(
            project=project,
            key_id=key_id[:128],
            secret=vault.seal(key, key_seal.public),
            made_by=person,
        )
        channel.notify()
    return row


def wait_for_answer(row: ProjectKey, within_s: float) -> ProjectKey:
    """Return the row once fal has decided, or its present state after `within_s` seconds.

    Raises Refused if another key was entered meanwhile: a double click submits twice.
    """
    until = time.monotonic() + within_s
    while row.state == State.TRIED and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
        key_row = ProjectKey.objects.filter(pk=row.pk).first()
        if key_row is None:
            raise Refused(ENTERED_AGAIN)
        row = key_row
    return row


def remove(row: ProjectKey) -> None:
    """Stop using a key; further runs use the account's own. Raises Refused if it has ended."""
    with transaction.atomic():
        key_row = ProjectKey.objects.select_for_update().get(pk=row.pk)
        if key_row.state == State.TRIED:
            key_row.delete()
        elif key_row.state == State.ACTIVE:
            key_row.state, key_row.ended_at = State.REMOVED, clock.now()
            key_row.save(update_fields=["state", "ended_at"])
        else:
            raise Refused("This key is no longer in use.")
        channel.notify()


def put_back(row: ProjectKey) -> None:
    """Use a removed key again; raises Refused if its secret is gone or the project has another."""
    with transaction.atomic():
        key_row = ProjectKey.objects.select_for_update().get(pk=row.pk)
        other_keys = ProjectKey.objects.filter(project=key_row.project_id, state__in=NOT_USED_UP)
        if key_row.state != State.REMOVED or not key_row.secret:
            raise Refused("Vitrine no longer has this key. Enter it again.")
        if other_keys.exists():
            raise Refused("The project has another key now.")
        key_row.state, key_row.ended_at = State.ACTIVE, None
        key_row.save(update_fields=["state", "ended_at"])
        channel.notify()
