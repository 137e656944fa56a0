"""Django's database sessions with a prepared query, since every page loads one."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from core.db.prepared_queries import Param, PreparedQuery


class SessionStore(db.SessionStore):
    """Django's session store with its own salt, so that sessions of other stores are invalid."""

    key_salt = "vitrine.sessions"

    def _get_session_from_db(self) -> Any:
        session = _UNEXPIRED.first(key=self.session_key, now=timezone.now())
        if session is None:
            self._session_key = None
        return session


_UNEXPIRED = PreparedQuery(
    lambda: SessionStore.get_model_class().objects.filter(
        session_key=Param("key", CharField()), expire_date__gt=Param("now", DateTimeField())
    )
)
