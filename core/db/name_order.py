"""Names in the order in which people look for them: 9 cats, 10 cats, apple, Äpfel, École, Zebra."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db.models import CharField, Func

_DIGITS = 12
_NUMBER = re.compile(r"\d+")


def name_key(name: str | None) -> str:
    """Return what a name is sorted by: a letter before its accented forms, numbers by value."""
    padded = _NUMBER.sub(lambda number: number[0].zfill(_DIGITS), name or "")
    return unicodedata.normalize("NFKD", padded.lower())


class by_name(Func):
    """Sort by a column as `name_key` does, on both databases."""

    output_field = CharField()
    template = (
        r"normalize(lower(regexp_replace(regexp_replace(%(expressions)s, '\d+', "
        r"'000000000000\&', 'g'), '\d*(\d{12})(?!\d)', '\1', 'g') COLLATE "
        '"und-x-icu"), NFKD) COLLATE "C"'
    )

    def as_sqlite(self, compiler: Any, connection: Any, **options: Any) -> Any:
        """Call `name_key`, which this connection may not know yet."""
        connection.ensure_connection()
        connection.connection.create_function("name_key", 1, name_key, deterministic=True)
        return self.as_sql(compiler, connection, template="name_key(%(expressions)s)")
