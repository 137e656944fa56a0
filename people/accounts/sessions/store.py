"""Django's database sessions, each with a key that is the digest of a secret."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db

from people.accounts.single_use import stored_session_key


class SessionStore(db.SessionStore):
    """Django's session store with its own salt, so that sessions of other stores are invalid."""

    key_salt = "vitrine.sessions"
    secret = ""  # what the cookie holds (`people.accounts.sessions.middleware`)

    def _get_new_session_key(self) -> Any:
        self.secret = super()._get_new_session_key()  # type: ignore[misc]  # not in the stubs
        return stored_session_key(self.secret)

    async def _aget_new_session_key(self) -> Any:
        return await sync_to_async(self._get_new_session_key)()
