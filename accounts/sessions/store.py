"""Django's database sessions, stored under a digest of the key in the cookie.

So a copy of the database logs nobody in.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts.single_use import stored_session_key


class SessionStore(db.SessionStore):
    """Django's session store with its own salt, so that sessions of other stores are invalid."""

    key_salt = "vitrine.sessions"

    def _get_session_from_db(self) -> Any:
        key = stored_session_key(self.session_key)
        rows = self.model.objects.filter(session_key=key, expire_date__gt=timezone.now())
        if (session := rows.first()) is None:
            self._session_key = None
        return session

    def exists(self, session_key: str) -> bool:
        """Whether the session is stored."""
        return super().exists(stored_session_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Return the session's row."""
        row = super().create_model_instance(data)
        row.session_key = stored_session_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Delete the row of a session, by default of this one."""
        if key := session_key or self.session_key:
            super().delete(stored_session_key(key))

    async def _aget_session_from_db(self) -> Any:
        return await sync_to_async(self._get_session_from_db)()

    async def aexists(self, session_key: str) -> bool:
        """Like `exists`."""
        return await super().aexists(stored_session_key(session_key))

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        """Like `create_model_instance`."""
        return await sync_to_async(self.create_model_instance)(data)

    async def adelete(self, session_key: str | None = None) -> None:
        """Like `delete`."""
        await sync_to_async(self.delete)(session_key)
