"""Installs the database triggers that renew the revision token with each change of the catalogue.

Code that writes endpoints (a sync, the admin, a test) need not renew it. Installed after every
`migrate`: SQLite drops triggers when a migration rebuilds a table.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import connections

# The columns that pages and search use; an endpoint's schema is not among them.
WATCHED = {
    "catalog_endpoint": (
        "endpoint_id, display_name, full_name, owner, category, description, status, tags, "
        "license_type, kind, group_key, group_label, thumbnail_url, thumbnail_animated_url, "
        "unit_price_usd, price_unit, currency, published_at, position, gone_at, facts, "
        "field_words, inputs, picture_id, duration_estimate_min, standing, standing_reason, "
        "pinned, highlighted"
    ),
    "catalog_collection": "slug, title, description, is_published, position, owner_id, cover_id",
    "catalog_collectionitem": "collection_id, endpoint_id, position, note",
    "catalog_favourite": "user_id, endpoint_id",
}


def install(using: str = "default", **_: Any) -> None:
    """Create the triggers that are missing or differ."""
    connection = connections[using]
    if "catalog_revision" not in connection.introspection.table_names():
        return  # migrated back to before there was a revision
    with connection.cursor() as cursor:
        columns = {
            column.name
            for column in connection.introspection.get_table_description(cursor, "catalog_endpoint")
        }
        if not {"pinned", "inputs", "full_name"} <= columns:
            return  # halfway through the migrations; the last of them installs
        if connection.vendor == "sqlite":
            _install_sqlite(cursor)
        else:
            _install_postgresql(cursor)


def _install_sqlite(cursor: Any) -> None:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    existing = dict(cursor.fetchall())
    renew = (
        "INSERT INTO catalog_revision (id, token) VALUES (1, lower(hex(randomblob(16)))) "
        "ON CONFLICT (id) DO UPDATE SET token = excluded.token;"
    )
    for table, columns in WATCHED.items():
        for event in ("INSERT", f"UPDATE OF {columns}", "DELETE"):
            name = f"{table}_{event.split()[0].lower()}_revision"
            sql = f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {renew} END"
            if existing.get(name) != sql:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(sql)


def _install_postgresql(cursor: Any) -> None:
    """Replace only triggers that differ: altering a table waits for all who read it.

    PostgreSQL rewrites the SQL of a trigger, so a comment holds the digest of what was executed.
    """
    cursor.execute(
        "SELECT tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE NOT tgisinternal"
    )
    existing = dict(cursor.fetchall())
    cursor.execute(
        """CREATE OR REPLACE FUNCTION catalog_renew_revision() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO catalog_revision (id, token) VALUES (1, gen_random_uuid()::text)
          ON CONFLICT (id) DO UPDATE SET token = excluded.token;
          RETURN NULL;
        END $$"""
    )
    for table, columns in WATCHED.items():
        name = f"{table}_revision"
        sql = (
            f"CREATE TRIGGER {name} "
            f"AFTER INSERT OR UPDATE OF {columns} OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION catalog_renew_revision()"
        )
        digest = hashlib.sha256(sql.encode()).hexdigest()[:32]
        if existing.get(name) != digest:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(sql)
            cursor.execute(f"COMMENT ON TRIGGER {name} ON {table} IS '{digest}'")
