"""A model field for JSON that must be read back exactly as it was written."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import Value
from django.db.models.functions import Substr
from django.db.models.lookups import Exact


def small(column: str, most_chars: int = 50_000) -> models.Case:
    """Return an expression for the JSON of a column; a larger one is not loaded, and is null."""
    # Unlike the length, this does not walk through the rest of a text of megabytes.
    is_small = Exact(Substr(column, most_chars + 1, 1), Value(""))
    return models.Case(models.When(is_small, then=column), output_field=ExactJSONField())


class ExactJSONField(models.TextField):  # type: ignore[type-arg]
    """JSON stored as text, so that key order, `1.0`, 19-digit integers and NUL escapes survive.

    Django's JSONField becomes `jsonb` on PostgreSQL, which sorts keys and refuses `\\u0000`.
    """

    _pyi_private_set_type: Any  # read by django-stubs: any JSON value may be set and read
    _pyi_private_get_type: Any
    _pyi_lookup_exact_type: Any

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """Parse the text from the database; a lone surrogate becomes `?`.

        Earlier versions stored some from requests. No page and no export can write them.
        """
        parsed = None if value is None else json.loads(value)
        if value is None or "\\ud" not in value:
            return parsed
        return json.loads(json.dumps(parsed, ensure_ascii=False).encode(errors="replace"))

    def get_prep_value(self, value: Any) -> str | None:
        """Serialize for the database; `ensure_ascii` keeps NUL storable."""
        return None if value is None else json.dumps(value, ensure_ascii=True)

    def to_python(self, value: Any) -> Any:
        """Return the value unchanged: deserializers pass parsed JSON."""
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """Return the JSON text, for fixtures."""
        return json.dumps(self.value_from_object(obj))
