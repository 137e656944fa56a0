"""A model field for JSON that must be read back exactly as it was written."""

from __future__ import annotations

import json
from typing import Any

from django.db import models


class ExactJSONField(models.TextField):  # type: ignore[type-arg]
    """JSON stored as text, so that key order, `1.0`, 19-digit integers and NUL escapes survive.

    Django's JSONField becomes `jsonb` on PostgreSQL, which sorts keys and refuses `\\u0000`.
    """

    _pyi_private_set_type: Any  # read by django-stubs: any JSON value may be set and read
    _pyi_private_get_type: Any
    _pyi_lookup_exact_type: Any

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """Parse the text from the database."""
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Serialize for the database; `ensure_ascii` keeps lone surrogates and NUL storable."""
        return None if value is None else json.dumps(value, ensure_ascii=True)

    def to_python(self, value: Any) -> Any:
        """Return the value unchanged: deserializers pass parsed JSON."""
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """Return the JSON text, for fixtures."""
        return json.dumps(self.value_from_object(obj))
