"""Names in the order in which people look for them: 9 cats, 10 cats, apple, Äpfel, École, Zebra."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db.backends.signals import connection_created
from django.db.models import CharField, Func
from django.dispatch import receiver

_DIGITS = 12
_NUMBER = re.compile(r"\d+")


def sort_key(name: str | None) -> str:
    """Return the sort key of a name: a letter before its accented forms, numbers by value."""
    padded = _NUMBER.sub(lambda number: number[0].zfill(_DIGITS), name or "")
    return unicodedata.normalize("NFKD", padded.lower())


@receiver(connection_created)
def add_sort_key(connection: Any, **_: Any) -> None:
    """Let SQLite call `sort_key`: a query that is compiled once outlives its connection."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("sort_key", 1, sort_key, deterministic=True)


class by_name(Func):
    """Sort by a column as `sort_key` does, on both databases."""

    output_field = CharField()
    template = (
        r"normalize(lower(regexp_replace(regexp_replace(%(expressions)s, '\d+', "
        r"'000000000000\&', 'g'), '\d*(\d{12})(?!\d)', '\1', 'g') COLLATE "
        '"und-x-icu"), NFKD) COLLATE "C"'
    )

    def as_sqlite(self, compiler: Any, connection: Any, **options: Any) -> Any:
        """Call `sort_key`, which a connection opened before this import does not know."""
        connection.ensure_connection()
        add_sort_key(connection)
        return self.as_sql(compiler, connection, template="sort_key(%(expressions)s)")
