"""The search index and the revision token, kept by the database's own triggers.

Whoever writes an endpoint (a sync, the admin, a test) need not know that they exist.
SQLite has an FTS5 table beside the endpoints, PostgreSQL a generated `tsvector` column.
Installed after every `migrate`: SQLite loses triggers when a migration remakes a table, and
what was installed by an older Vitrine is made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

# What pages show; of an endpoint everything but its schema, which no list reads.
WATCHED = {
    "catalog_endpoint": (
        "endpoint_id, display_name, owner, category, description, status, tags, license_type, "
        "kind, group_key, group_label, thumbnail_url, thumbnail_animated_url, unit_price_usd, "
        "price_unit, currency, published_at, position, gone_at, facts, field_words, picture_id, "
        "duration_estimate_min, standing, standing_reason"
    ),
    "catalog_collection": "slug, title, description, is_published, position, owner_id, cover_id",
    "catalog_collectionitem": "collection_id, endpoint_id, position, note",
    "catalog_favourite": "user_id, endpoint_id",
}

_MOST_SIGNS = 40_000  # of each text: a `tsvector` holds no more than a megabyte

# The order of a word's worth: name and id, then tags and category, the description, the fields.
_WORDS = {
    name: f"substr({text}, 1, {_MOST_SIGNS})"
    for name, text in {
        "name": "{row}.endpoint_id || ' ' || {row}.display_name",
        "tags": "{row}.category || ' ' || (SELECT coalesce(group_concat(value, ' '), '') FROM json_each({row}.tags))",
        "description": "{row}.description",
        "fields": "{row}.field_words",
    }.items()
}
_SOURCES = "endpoint_id, display_name, category, tags, description, field_words"


class Phrase(NamedTuple):
    """Words without punctuation that stand in a row; the last may be unfinished where it `is_open`."""

    words: tuple[str, ...]
    is_open: bool


class Sought(NamedTuple):
    """Phrases of which one has to occur: anywhere where it `is_deep`, else in the description."""

    phrases: tuple[Phrase, ...]
    is_deep: bool


def matching(connection: BaseDatabaseWrapper, sought: Sequence[Sought]) -> tuple[str, list[str]]:
    """SQL, and its parameters, that gives for each of `sought` a row: its place and the ids as JSON."""
    if connection.vendor == "sqlite":
        written = [_fts5(one) for one in sought]
        found = ["SELECT json_group_array(rowid) FROM catalog_search WHERE catalog_search MATCH %s"]
        found *= len(sought)
    else:
        written = [_tsquery(one) for one in sought]
        found = [f"SELECT catalog_said(%s::tsquery, {one.is_deep})" for one in sought]
    return " UNION ALL ".join(f"SELECT {n}, ({sql})" for n, sql in enumerate(found)), written


def _fts5(sought: Sought) -> str:
    text = " OR ".join(
        f'"{" ".join(words)}"{"*" if is_open else ""}' for words, is_open in sought.phrases
    )
    return text if sought.is_deep else f"{{description}} : ({text})"


def _tsquery(sought: Sought) -> str:
    return " | ".join(
        "(" + " <-> ".join(f"'{word}'" for word in words) + (":*" if is_open else "") + ")"
        for words, is_open in sought.phrases
    )


def install(using: str = "default", **_: Any) -> None:
    """Make what is missing of index and triggers, or differs; free when nothing does."""
    connection = connections[using]
    tables = connection.introspection.table_names()
    if "catalog_revision" not in tables:
        return  # migrated back to before the catalogue's index
    with connection.cursor() as cursor:
        columns = {c.name for c in connection.introspection.get_table_description(cursor, "catalog_endpoint")}  # fmt: skip
        if "field_words" not in columns:
            return  # halfway through the migrations; the last of them installs
        {"sqlite": _install_sqlite, "postgresql": _install_postgresql}[connection.vendor](cursor)


def _install_sqlite(cursor: Any) -> None:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'table')")
    there = dict(cursor.fetchall())
    renew = (
        "INSERT INTO catalog_revision (id, token) VALUES (1, lower(hex(randomblob(16)))) "
        "ON CONFLICT (id) DO UPDATE SET token = excluded.token;"
    )
    for table, columns in WATCHED.items():
        for event in ("INSERT", f"UPDATE OF {columns}", "DELETE"):
            name = f"{table}_{event.split()[0].lower()}_revision"
            sql = f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {renew} END"
            if there.get(name) != sql:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(sql)
    made = _sqlite_search()
    if any(there.get(name) != sql for name, sql in made.items()):
        for name in [*made][1:]:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute("DROP TABLE IF EXISTS catalog_search")
        for sql in made.values():
            cursor.execute(sql)
        filling = ", ".join(text.format(row="catalog_endpoint") for text in _WORDS.values())
        cursor.execute(
            f"INSERT INTO catalog_search (rowid, {', '.join(_WORDS)}) SELECT id, {filling} FROM catalog_endpoint"  # noqa: S608
        )


def _sqlite_search() -> dict[str, str]:
    """The table of words and the triggers that keep it, by name."""
    old, new = ([text.format(row=row) for text in _WORDS.values()] for row in ("old", "new"))
    names = ", ".join(_WORDS)
    add = f"INSERT INTO catalog_search (rowid, {names}) VALUES (new.id, {', '.join(new)});"  # noqa: S608
    remove = (
        f"INSERT INTO catalog_search (catalog_search, rowid, {names}) "  # noqa: S608
        f"VALUES ('delete', old.id, {', '.join(old)});"
    )
    return {
        "catalog_search": f"CREATE VIRTUAL TABLE catalog_search USING fts5 ({names}, content='', "
        "tokenize='unicode61 remove_diacritics 2', prefix='2 3')",
        "catalog_endpoint_search_update": "CREATE TRIGGER catalog_endpoint_search_update "
        f"AFTER UPDATE OF {_SOURCES} ON catalog_endpoint BEGIN {remove} {add} END",
        "catalog_endpoint_search_delete": "CREATE TRIGGER catalog_endpoint_search_delete "
        f"AFTER DELETE ON catalog_endpoint BEGIN {remove} END",
        "catalog_endpoint_search_insert": "CREATE TRIGGER catalog_endpoint_search_insert "
        f"AFTER INSERT ON catalog_endpoint BEGIN {add} END",
    }


def _install_postgresql(cursor: Any) -> None:
    """Only what is missing or differs: altering a table waits for everybody who reads it.

    PostgreSQL rewrites what it is told, so a comment holds the digest of what was said.
    """
    cursor.execute(
        "SELECT tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE NOT tgisinternal"
    )
    triggers = dict(cursor.fetchall())
    cursor.execute(
        "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute "
        "WHERE NOT attisdropped AND attrelid = 'catalog_endpoint'::regclass"
    )
    there = dict(cursor.fetchall())
    for column, text in _VECTORS.items():
        vector = f"tsvector GENERATED ALWAYS AS ({_vector(text)}) STORED"
        if there.get(column) == _digest(vector):
            continue
        for statement in (
            f"ALTER TABLE catalog_endpoint DROP COLUMN IF EXISTS {column}",
            f"ALTER TABLE catalog_endpoint ADD COLUMN {column} {vector}",
            # Without the list of what is not yet sorted in, which every question would have to read.
            f"CREATE INDEX endpoint_{column} ON catalog_endpoint USING gin ({column}) WITH (fastupdate = off)",
            f"COMMENT ON COLUMN catalog_endpoint.{column} IS '{_digest(vector)}'",
        ):
            cursor.execute(statement)
    cursor.execute(
        """CREATE OR REPLACE FUNCTION catalog_renew_revision() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO catalog_revision (id, token) VALUES (1, gen_random_uuid()::text)
          ON CONFLICT (id) DO UPDATE SET token = excluded.token;
          RETURN NULL;
        END $$"""
    )
    cursor.execute(_SAID)
    for table, columns in WATCHED.items():
        name = f"{table}_revision"
        sql = (
            f"CREATE TRIGGER {name} "
            f"AFTER INSERT OR UPDATE OF {columns} OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION catalog_renew_revision()"
        )
        if triggers.get(name) != _digest(sql):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(sql)
            cursor.execute(f"COMMENT ON TRIGGER {name} ON {table} IS '{_digest(sql)}'")


# The planner knows not what it costs to read a vector that lies aside: left alone it reads every one of
# them, at ten times the cost of the index. The plan is made once in a connection.
_SAID = """CREATE OR REPLACE FUNCTION catalog_said(sought tsquery, is_deep boolean) RETURNS text
    LANGUAGE plpgsql STABLE
    SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
    BEGIN
      IF is_deep THEN
        RETURN (SELECT json_agg(id) FROM catalog_endpoint WHERE search_vector @@ sought);
      END IF;
      RETURN (SELECT json_agg(id) FROM catalog_endpoint WHERE search_description @@ sought);
    END $$"""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# Where to look → its texts. A column for each: to look for weights PostgreSQL would read every row again.
_VECTORS = {
    "search_vector": (
        "endpoint_id || ' ' || display_name",
        "category || ' ' || tags::text",
        "description",
        "field_words",
    ),
    "search_description": ("description",),
}


def _vector(texts: Sequence[str]) -> str:
    """What a column is generated from; Latin accents fall and punctuation separates, as in FTS5.

    The end of each text is a word of its own, so that no phrase reaches from one into the next.
    """
    lower = f"normalize(lower(left({{}}, {_MOST_SIGNS})), NFD)"
    bare = f"normalize(regexp_replace({lower}, '([a-z])[\u0300-\u036f]+', '\\1', 'g'), NFC)"
    plain = f"regexp_replace({bare}, '[^[:alnum:]]+', ' ', 'g')"
    return " || ".join(
        f"to_tsvector('simple'::regconfig, {plain.format(text)} || ' zqendzq')" for text in texts
    )
