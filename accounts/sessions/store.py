"""Django's database sessions, each with a key that is the digest of a secret."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends import db

from accounts.single_use import stored_session_key

# The backend's path in 0.2.0; sessions that it opened last for weeks.
FORMER_BACKEND = "people.accounts.login.Backend"


class SessionStore(db.SessionStore):
    """Django's session store with its own salt, so that sessions of other stores are invalid."""

    key_salt = "vitrine.sessions"
    secret = ""  # what the cookie holds (`accounts.sessions.middleware`)

    def _get_new_session_key(self) -> Any:
        self.secret = super()._get_new_session_key()  # type: ignore[misc]  # not in the stubs
        return stored_session_key(self.secret)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return a session's values, with the backend's former path replaced by the present one."""
        values: dict[str, Any] = super().decode(session_data)
        if values.get(BACKEND_SESSION_KEY) == FORMER_BACKEND:
            values[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        return values

    async def _aget_new_session_key(self) -> Any:
        return await sync_to_async(self._get_new_session_key)()
