"""The worker's part of a new key: tries it at fal before its use, and deletes old secrets."""

from __future__ import annotations

import logging
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.db import transaction

import fal
from catalog.models import Endpoint
from core.db import clock
from core.notify import channel
from core.periods import UNDO_WITHIN
from runs.keys import vault
from runs.models import ProjectKey, Run
from runs.results import refusals
from runs.results.error_messages import with_full_stop
from runs.worker import idle

log = logging.getLogger(__name__)

AGAIN_S = 3.0  # while fal does not answer
ANY_MODEL = "fal-ai/flux/dev"  # any id does: the answer to a wrong key is the same
ENTER_ANEW = "The worker's secret has changed, so it could not read the key. Enter it again."
SAME_AS_ACCOUNT = (
    "This is the account's own key, with which all other runs are sent. Make a key of its own for "
    "the project in fal's dashboard."
)
State = ProjectKey.State


class KeyTrial:
    """Tries keys that admins have entered; `upstream` has the account's own key."""

    def __init__(self, upstream: fal.Clients) -> None:
        self._upstream = upstream
        self._has_seal = False

    async def step(self) -> float:
        """Try new keys, delete unneeded secrets; return the seconds until the next step."""
        if not await sync_to_async(vault.secrets)():
            return idle.REST_S
        if not self._has_seal:
            if await sync_to_async(vault.renew_seal)():
                log.info("a new seal for keys of projects was made")
            self._has_seal = True
        await sync_to_async(_forget)()
        rows = ProjectKey.objects.filter(state=State.TRIED).select_related("project")
        is_waiting = False
        async for row in rows:
            is_waiting |= not await self._try(row)
        return AGAIN_S if is_waiting else idle.REST_S

    async def _try(self, row: ProjectKey) -> bool:
        """Try one key; return whether fal has decided."""
        try:
            key = await sync_to_async(vault.unseal)(row.secret)
        except vault.Unreadable as error:
            log.warning("the key %s cannot be read: %s", row.key_id, error)
            return await sync_to_async(_refuse)(row, ENTER_ANEW)
        if key == self._upstream.credential.key:
            return await sync_to_async(_refuse)(row, SAME_AS_ACCOUNT)
        clients = self._upstream.with_credential(fal.Credential(key), lambda: None)
        model = await Endpoint.objects.values_list("endpoint_id", flat=True).afirst()
        try:
            # Free, and the only call of the Platform API that needs a key (protocol, 3.5).
            await clients.platform.pricing([model or ANY_MODEL])
        except fal.FalError as error:
            if refusal := _refusal(error):
                return await sync_to_async(_refuse)(row, refusal)
            if not _has_accepted(error):
                trouble = f"fal gives no answer yet: {error}"[:300]
                tried_keys = ProjectKey.objects.filter(pk=row.pk, state=State.TRIED)
                await tried_keys.exclude(trouble=trouble).aupdate(trouble=trouble)
                return False
        return await sync_to_async(_accept)(row, key)


def _refusal(error: fal.FalError) -> str:
    """Return a sentence why fal refuses the key; empty if the error says nothing about it.

    An account without money also refuses its good keys: an admin resolves that elsewhere.
    """
    if not isinstance(error, fal.AuthFailed):
        return ""
    if error.status == HTTPStatus.UNAUTHORIZED:
        return "fal refuses this key. Copy the whole key from fal's dashboard: key_id:key_secret."
    refusal = refusals.find_refusal(error.as_json())
    if refusal and refusal.is_account_wide:
        return ""
    return f"fal refuses this key: {with_full_stop(str(error))}"[:300]


def _has_accepted(error: fal.FalError) -> bool:
    """Whether fal knows the key, although it refused this request."""
    return isinstance(error, fal.RequestRejected) and not error.is_retryable


def _refuse(row: ProjectKey, trouble: str) -> bool:
    with transaction.atomic():
        key_row = _tried(row)
        if key_row:
            key_row.state, key_row.secret, key_row.trouble = State.REFUSED, "", trouble
            key_row.save(update_fields=["state", "secret", "trouble"])
            channel.notify()
    return True


def _accept(row: ProjectKey, key: str) -> bool:
    """Use the key from now on instead of the project's former one."""
    token = vault.encrypt(key)
    with transaction.atomic():
        if not (key_row := _tried(row)):
            return True  # removed meanwhile, or another worker was faster
        now = clock.now()
        for former in ProjectKey.objects.filter(project=row.project, state=State.ACTIVE):
            former.state, former.ended_at = State.REPLACED, now
            former.save(update_fields=["state", "ended_at"])
        key_row.state, key_row.secret, key_row.trouble = State.ACTIVE, token, ""
        key_row.accepted_at = now
        key_row.save(update_fields=["state", "secret", "trouble", "accepted_at"])
        channel.notify()
    return True


def _tried(row: ProjectKey) -> ProjectKey | None:
    rows = ProjectKey.objects.select_for_update().filter(pk=row.pk, state=State.TRIED)
    return rows.first()


def _forget() -> None:
    """Delete the secrets of ended keys once no run needs them and the time for undo is over."""
    ended = ProjectKey.objects.filter(ended_at__lt=clock.now() - UNDO_WITHIN).exclude(secret="")
    for pk in ended.values_list("pk", flat=True):
        if not Run.objects.unfinished().filter(project_key=pk).exists():
            ProjectKey.objects.filter(pk=pk).update(secret="")
