"""The search index and the revision token, kept by the database's own triggers.

Whoever writes an endpoint (a sync, the admin, a test) need not know that they exist.
SQLite has an FTS5 table beside the endpoints, PostgreSQL a generated `tsvector` column.
Installed after every `migrate`, since SQLite loses triggers when a migration remakes a table.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

# What pages show; of an endpoint everything but its schema, which no list reads.
WATCHED = {
    "catalog_endpoint": (
        "endpoint_id, display_name, owner, category, description, status, tags, license_type, "
        "kind, group_key, thumbnail_url, unit_price_usd, price_unit, currency, published_at, "
        "position, gone_at, standing"
    ),
    "catalog_collection": "slug, title, description, is_published, position",
    "catalog_collectionitem": "collection_id, endpoint_id, position, note",
}

# The order of a word's worth: name and id, then tags and category, then the description.
_WORDS = {
    "name": "{row}.endpoint_id || ' ' || {row}.display_name",
    "tags": "{row}.category || ' ' || (SELECT coalesce(group_concat(value, ' '), '') FROM json_each({row}.tags))",
    "description": "{row}.description",
}
_SOURCES = "endpoint_id, display_name, category, tags, description"


def matching(
    connection: BaseDatabaseWrapper, phrases: list[list[str]], where: str = "all"
) -> tuple[str, str]:
    """SQL with one parameter that gives the ids of the endpoints that have every phrase, and that parameter.

    A phrase is a list of words without punctuation; its last word may be the beginning of one.
    `where` is `name` (with the id), `tags` (names, tags and category) or `all`.
    """
    if connection.vendor == "sqlite":
        text = " AND ".join(f'"{" ".join(words)}"*' for words in phrases)
        columns = {"name": "{name} : ", "tags": "{name tags} : ", "all": ""}[where]
        return (
            "SELECT rowid FROM catalog_search WHERE catalog_search MATCH %s",
            f"{columns}({text})",
        )
    weights = {"name": "A", "tags": "AB", "all": ""}[where]
    text = " & ".join(
        "(" + " <-> ".join(f"'{word}':{weights}" for word in words) + "*)" for words in phrases
    )
    return "SELECT id FROM catalog_endpoint WHERE search_vector @@ %s::tsquery", text


def install(using: str = "default", **_: Any) -> None:
    """Make what is missing of index and triggers; free when nothing is."""
    connection = connections[using]
    if "catalog_revision" not in connection.introspection.table_names():
        return  # migrated back to before the catalogue's index
    install_on = {"sqlite": _install_sqlite, "postgresql": _install_postgresql}[connection.vendor]
    with connection.cursor() as cursor:
        install_on(cursor)


def _install_sqlite(cursor: Any) -> None:
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    triggers = {name for (name,) in cursor.fetchall()}
    renew = (
        "INSERT INTO catalog_revision (id, token) VALUES (1, lower(hex(randomblob(16)))) "
        "ON CONFLICT (id) DO UPDATE SET token = excluded.token;"
    )
    for table, columns in WATCHED.items():
        for event in ("INSERT", f"UPDATE OF {columns}", "DELETE"):
            name = f"{table}_{event.split()[0].lower()}_revision"
            if name not in triggers:
                cursor.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {renew} END")
    if "catalog_endpoint_search_insert" in triggers:
        return
    old, new = ([text.format(row=row) for text in _WORDS.values()] for row in ("old", "new"))
    names = ", ".join(_WORDS)
    add = f"INSERT INTO catalog_search (rowid, {names}) VALUES (new.id, {', '.join(new)});"  # noqa: S608
    remove = (
        f"INSERT INTO catalog_search (catalog_search, rowid, {names}) "  # noqa: S608
        f"VALUES ('delete', old.id, {', '.join(old)});"
    )
    filling = ", ".join(text.format(row="catalog_endpoint") for text in _WORDS.values())
    for statement in (
        "DROP TABLE IF EXISTS catalog_search",
        f"CREATE VIRTUAL TABLE catalog_search USING fts5 ({names}, content='', "
        "tokenize='unicode61 remove_diacritics 2', prefix='2 3')",
        f"INSERT INTO catalog_search (rowid, {names}) SELECT id, {filling} FROM catalog_endpoint",  # noqa: S608
        "DROP TRIGGER IF EXISTS catalog_endpoint_search_update",
        "DROP TRIGGER IF EXISTS catalog_endpoint_search_delete",
        f"CREATE TRIGGER catalog_endpoint_search_update AFTER UPDATE OF {_SOURCES} "
        f"ON catalog_endpoint BEGIN {remove} {add} END",
        f"CREATE TRIGGER catalog_endpoint_search_delete AFTER DELETE ON catalog_endpoint BEGIN {remove} END",
        f"CREATE TRIGGER catalog_endpoint_search_insert AFTER INSERT ON catalog_endpoint BEGIN {add} END",
    ):
        cursor.execute(statement)


def _install_postgresql(cursor: Any) -> None:
    """Only what is missing: altering a table waits for everybody who reads it."""
    cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    triggers = {name for (name,) in cursor.fetchall()}
    cursor.execute("SELECT to_regclass('endpoint_search') IS NULL")
    statements = [] if not cursor.fetchone()[0] else [
        f"ALTER TABLE catalog_endpoint ADD COLUMN search_vector tsvector GENERATED ALWAYS AS ({_vector()}) STORED",
        "CREATE INDEX endpoint_search ON catalog_endpoint USING gin (search_vector)",
        """CREATE OR REPLACE FUNCTION catalog_renew_revision() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO catalog_revision (id, token) VALUES (1, gen_random_uuid()::text)
          ON CONFLICT (id) DO UPDATE SET token = excluded.token;
          RETURN NULL;
        END $$""",
    ]  # fmt: skip
    statements += [
        f"CREATE TRIGGER {table}_revision "
        f"AFTER INSERT OR UPDATE OF {columns} OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION catalog_renew_revision()"
        for table, columns in WATCHED.items()
        if f"{table}_revision" not in triggers
    ]
    for statement in statements:
        cursor.execute(statement)


def _vector() -> str:
    """What the column is generated from; punctuation separates words, as FTS5 sees it."""
    weights = {
        "A": "endpoint_id || ' ' || display_name",
        "B": "category || ' ' || tags::text",
        "C": "description",
    }
    plain = "regexp_replace(lower({}), '[^[:alnum:]]+', ' ', 'g')"
    return " || ".join(
        f"setweight(to_tsvector('simple'::regconfig, {plain.format(text)}), '{weight}')"
        for weight, text in weights.items()
    )
