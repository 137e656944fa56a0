"""Django's own sessions in the database; looking one up, which every page does, is put together once."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from catalog.prepared import Prepared, Slot


class SessionStore(db.SessionStore):
    """As Django's."""

    def _get_session_from_db(self) -> Any:
        found = _LIVING.first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found


_LIVING = Prepared(
    lambda: SessionStore.get_model_class().objects.filter(
        session_key=Slot("key", CharField()), expire_date__gt=Slot("now", DateTimeField())
    )
)
