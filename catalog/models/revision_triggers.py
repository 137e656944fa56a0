"""Installs the database triggers that renew the revision token with each change of the catalogue.

Code that writes endpoints (a sync, the admin, a test) need not renew it. Installed after every
`migrate`: SQLite drops triggers when a migration rebuilds a table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Set
from typing import Any

from django.db import connections
from django.db.models import Field, Model

from catalog.listed_columns import COLUMNS
from catalog.models.curation import Collection, CollectionItem, Favourite
from catalog.models.endpoint import Endpoint
from catalog.models.querysets import CARD, ITEM

# Columns of an endpoint that search, filters and orders read, besides those of its card. They do
# not read the schema, only facts from it. A test compares this with the columns that are loaded.
SEARCHED = (
    *(name for name, column in COLUMNS.items() if column.is_searched),
    *("field_words", "inputs", "position", "mark_reason"),
)
COLLECTION = ("slug", "title", "description", "is_published", "position", "owner", "cover")

_elsewhere: dict[type[Model], tuple[str, ...]] = {}


def watch(model: type[Model], names: Iterable[str]) -> None:
    """Renew the revision also when these columns of another app change, because pages show them.

    Called when that app is ready; the next `migrate` installs the triggers.
    """
    _elsewhere[model] = tuple(names)


def watched() -> dict[str, list[str]]:
    """Return the columns whose change renews the revision, by table.

    These include all columns that `for_cards` loads, so a card's new column is watched as well.
    """
    return {
        "catalog_endpoint": _columns(Endpoint, (*CARD, *SEARCHED)),
        "catalog_collection": _columns(Collection, COLLECTION),
        "catalog_collectionitem": _columns(CollectionItem, (*ITEM, "endpoint_id")),
        "catalog_favourite": _columns(Favourite, ("user_id", "endpoint_id")),
        **{model._meta.db_table: _columns(model, names) for model, names in _elsewhere.items()},
    }


def _columns(model: type[Model], names: Iterable[str]) -> list[str]:
    """Return the model's columns for these query names; for `picture__small` its foreign key."""
    fields = (model._meta.get_field(name.partition("__")[0]) for name in names)
    return sorted({field.column for field in fields if isinstance(field, Field) and field.column})


def install(using: str = "default", **_: Any) -> None:
    """Create the triggers that are missing or differ."""
    connection = connections[using]
    tables = connection.introspection.table_names()
    if "catalog_revision" not in tables:
        return  # migrated back to before there was a revision
    existing_tables = watched().keys() & set(tables)
    with connection.cursor() as cursor:
        columns = {
            column.name
            for column in connection.introspection.get_table_description(cursor, "catalog_endpoint")
        }
        if not columns.issuperset(watched()["catalog_endpoint"]):
            return  # halfway through the migrations; the last of them installs
        if connection.vendor == "sqlite":
            _install_sqlite(cursor, existing_tables)
        else:
            _install_postgresql(cursor, existing_tables)


def _install_sqlite(cursor: Any, tables: Set[str]) -> None:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    existing = dict(cursor.fetchall())
    renew = (
        "INSERT INTO catalog_revision (id, token) VALUES (1, lower(hex(randomblob(16)))) "
        "ON CONFLICT (id) DO UPDATE SET token = excluded.token;"
    )
    for table, columns in watched().items():
        if table not in tables:
            continue  # the database is migrated back to a release without this table
        for event in ("INSERT", f"UPDATE OF {', '.join(columns)}", "DELETE"):
            name = f"{table}_{event.split()[0].lower()}_revision"
            sql = f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {renew} END"
            if existing.get(name) != sql:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(sql)


def _install_postgresql(cursor: Any, tables: Set[str]) -> None:
    """Replace only triggers that differ, because altering a table waits for all its readers.

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
    for table, columns in watched().items():
        if table not in tables:
            continue
        name = f"{table}_revision"
        sql = (
            f"CREATE TRIGGER {name} "
            f"AFTER INSERT OR UPDATE OF {', '.join(columns)} OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION catalog_renew_revision()"
        )
        digest = hashlib.sha256(sql.encode()).hexdigest()[:32]
        if existing.get(name) != digest:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(sql)
            cursor.execute(f"COMMENT ON TRIGGER {name} ON {table} IS '{digest}'")
