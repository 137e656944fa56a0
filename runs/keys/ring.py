"""The clients for each key, in the processes that talk to fal."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from asgiref.sync import sync_to_async

import fal
from runs.keys import vault
from runs.models import ProjectKey, Run

log = logging.getLogger(__name__)

GONE = {ProjectKey.State.REPLACED, ProjectKey.State.REMOVED}
UNREADABLE = (
    "The key of this project cannot be decrypted: KEYS_SECRET has changed. An admin can enter "
    "the key again."
)


class KeyRing:
    """Clients for fal by key, all on the connections of `account`, whose key is the account's own.

    Every request about a run uses the key that sent the run, until its end: another key may belong
    to another account, which does not know the request. If a key was replaced or removed and fal
    refuses it since, its successor takes over: the key was withdrawn at fal, and the runs under way
    would otherwise never be heard of again.
    """

    def __init__(self, account: fal.Clients) -> None:
        self.account = account
        self._held: dict[int, fal.Clients] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def for_new(self, key: int | None) -> fal.Clients:
        """Return the clients that send a new run.

        Raises fal.AuthFailed if the key cannot be read: another key would bypass its lock at fal.
        """
        try:
            return await self._clients(key)
        except vault.Unreadable as error:
            await ProjectKey.objects.filter(pk__in=[key]).aupdate(trouble=UNREADABLE)
            raise fal.AuthFailed(UNREADABLE, status=401) from error

    async def clients_for(self, run: Run) -> fal.Clients:
        """Return the clients for requests about a run that fal has."""
        return await self.for_known(run.project_key_id)

    async def for_known(self, key: int | None) -> fal.Clients:
        """Return the clients for a request sent with this key; None means the account's own."""
        try:
            return await self._clients(key)
        except vault.Unreadable as error:
            log.warning("key %s of a project cannot be read: %s", key, error)
            return self.account

    async def _clients(self, key: int | None) -> fal.Clients:
        if key is None:
            return self.account
        if key not in self._held:
            credential = fal.Credential(await sync_to_async(_secret)(key))
            on_refused = partial(self._on_refused, key, credential)
            clients = self.account.with_credential(credential, on_refused)
            self._held.setdefault(key, clients)
        return self._held[key]

    def _on_refused(self, key: int, credential: fal.Credential) -> None:
        task = asyncio.get_running_loop().create_task(self._give_way(key, credential))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _give_way(self, key: int, credential: fal.Credential) -> None:
        """Exchange a refused key that is gone for its successor, in all clients that use it."""
        row = await ProjectKey.objects.filter(pk=key).afirst()
        if row is None or row.state not in GONE:
            return
        in_use = ProjectKey.objects.filter(project=row.project_id, state=ProjectKey.State.ACTIVE)
        try:
            successor = await in_use.values_list("pk", flat=True).afirst()
            secret = await sync_to_async(_secret)(successor) if successor else None
        except vault.Unreadable as error:
            log.warning("the successor of key %s cannot be read: %s", key, error)
            secret = None
        credential.exchange(secret or self.account.credential.key)
        self._held.pop(key, None)  # it may be put back and then is itself again


def _secret(key: int) -> str:
    encrypted = ProjectKey.objects.filter(pk=key).values_list("secret", flat=True).first()
    if not encrypted:
        raise vault.Unreadable("Its secret is gone.")
    return vault.decrypt(encrypted)
