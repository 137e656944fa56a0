"""PostgreSQL to measure on: an empty database beside the one that BENCH_DATABASE_URL names.

Each measurement has one of its own, and the named one stays as it is, so any number of questions
may be asked in one call. Its user must be allowed to create databases.
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
    """Whether there is a PostgreSQL to measure on."""
    return bool(os.environ.get(SETTING))


@contextmanager
def empty() -> Iterator[str]:
    """The address of a database that was made for the block and is dropped after it."""
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
