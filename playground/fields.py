"""A column for JSON that must come back as it went in."""

from __future__ import annotations

import json
from typing import Any

from django.db import models


class ExactJSONField(models.TextField):  # type: ignore[type-arg]
    """JSON kept as text: key order, `1.0`, 19-digit integers and NUL escapes survive both databases.

    Django's JSONField becomes `jsonb` on PostgreSQL, which sorts keys and refuses `\\u0000`.
    """

    _pyi_private_set_type: Any  # what django-stubs reads: any JSON goes in and comes out
    _pyi_private_get_type: Any
    _pyi_lookup_exact_type: Any

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """Text from the database → the value."""
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        """The value → text for the database; `ensure_ascii` keeps lone surrogates and NUL storable."""
        return None if value is None else json.dumps(value, ensure_ascii=True)

    def to_python(self, value: Any) -> Any:
        """What a serializer hands in is already the value."""
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """The JSON text, for fixtures."""
        return json.dumps(self.value_from_object(obj))
