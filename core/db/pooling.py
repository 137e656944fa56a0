"""Recognizes a pooler that gives each transaction another session, such as PgBouncer by default.

Vitrine needs a session for itself: prepared statements, LISTEN and locks belong to it.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

PROBLEM = (
    "the pooler of DATABASE_URL gives each transaction another session of PostgreSQL, and Vitrine "
    "needs its own for prepared statements, notifications and locks."
)
REMEDY = (
    "Let it pool by session (PgBouncer: pool_mode=session), or put PostgreSQL's own address into "
    "DATABASE_URL."
)


def is_by_transaction() -> bool:
    """Return True if clients do not keep their sessions; opens two connections for a moment.

    A pooler gives a second client the session that the first one has just released, or else gives
    the first client another one the next time. Without a pooler, neither happens.
    """
    if connection.vendor != "postgresql":
        return False
    with connection.wrap_database_errors, _connect() as first, _connect() as second:
        session, another, again = (_session(client) for client in (first, second, first))
    return session == another or session != again


def _connect() -> Any:
    """Connect with Django's settings, but prepare nothing: that fails behind such a pooler."""
    import psycopg

    parameters = connection.get_connection_params()
    for django_option in ("cursor_factory", "context"):
        parameters.pop(django_option, None)
    return psycopg.connect(**parameters | {"prepare_threshold": None}, autocommit=True)


def _session(client: Any) -> int:
    return int(client.execute("SELECT pg_backend_pid()").fetchone()[0])
