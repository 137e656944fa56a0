"""Names in the order in which people look for them: 9 cats, 10 cats, Äpfel, apple, École, Zebra."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db.models import CharField, Func

_DIGITS = 12
_NUMBER = re.compile(r"\d+")


def name_key(name: str | None) -> str:
    """Return what a name is sorted by: letters, then accents, then case; numbers by their value."""
    padded = _NUMBER.sub(lambda number: number[0].zfill(_DIGITS), name or "")
    decomposed = unicodedata.normalize("NFKD", padded)
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return "\0".join([letters.casefold(), decomposed.casefold(), decomposed.swapcase()])


class by_name(Func):
    """Sort by a column as `name_key` does.

    PostgreSQL's ICU collation knows no numbers without a collation of our own: they are padded.
    """

    output_field = CharField()
    template = (
        r"regexp_replace(regexp_replace(%(expressions)s, '\d+', '000000000000\&', 'g'), "
        r"'\d*(\d{12})(?!\d)', '\1', 'g') COLLATE "
        '"und-x-icu"'
    )

    def as_sqlite(self, compiler: Any, connection: Any, **options: Any) -> Any:
        """Call `name_key`, which this connection may not know yet."""
        connection.ensure_connection()
        connection.connection.create_function("name_key", 1, name_key, deterministic=True)
        return self.as_sql(compiler, connection, template="name_key(%(expressions)s)")
