"""Creates empty PostgreSQL databases on the server that BENCH_DATABASE_URL names.

Each measurement uses a new one and the named database is not changed, so any number of benchmarks
can run in one call. The URL's user must be allowed to create databases.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

SETTING = "BENCH_DATABASE_URL"


def is_named() -> bool:
    """Return whether a PostgreSQL server is configured."""
    return bool(os.environ.get(SETTING))


@contextmanager
def empty() -> Iterator[str]:
    """Yield the URL of a new database, which is dropped after the block."""
    beside = urlsplit(os.environ[SETTING])
    name = f"{beside.path.strip('/')}_{uuid.uuid4().hex[:8]}"
    _do("CREATE DATABASE {}", name)
    try:
        yield beside._replace(path=f"/{name}").geturl()
    finally:
        _do("DROP DATABASE {} WITH (FORCE)", name)


def _do(statement: str, name: str) -> None:
    with psycopg.connect(os.environ[SETTING], autocommit=True) as connection:
        connection.execute(SQL(statement).format(Identifier(name)))
