"""The search index and the revision token, kept by the database's own triggers.

Whoever writes an endpoint (a sync, the admin, a test) need not know that they exist.
Beside the endpoints stands a table of words: FTS5 in SQLite, `tsvector` columns in PostgreSQL.
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


def matching(
    connection: BaseDatabaseWrapper, sought: Sequence[Sought], among: Sequence[int] | None = None
) -> tuple[str, list[str]]:
    """SQL, and its parameters, that gives for each of `sought` a row: its place and the ids as JSON.

    `among` are the ids that matter, where they are few.
    """
    if connection.vendor == "sqlite":
        written = [_fts5(one) for one in sought]
        select = "SELECT json_group_array(rowid) FROM catalog_search WHERE catalog_search MATCH %s"
        where = "" if among is None else " AND +rowid IN (SELECT value FROM json_each(%s))"
        found = [select + where] * len(sought)
        few = f"[{','.join(map(str, among or ()))}]"
    else:
        written = [_tsquery(one) for one in sought]
        which = "" if among is None else ", %s::bigint[]"
        found = [f"SELECT catalog_said(%s::tsquery, {one.is_deep}{which})" for one in sought]
        few = f"{{{','.join(map(str, among or ()))}}}"
    parameters = written if among is None else [text for one in written for text in (one, few)]
    return " UNION ALL ".join(f"SELECT {n}, ({sql})" for n, sql in enumerate(found)), parameters


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
    """Only what is missing or differs: who alters a table waits for everybody who reads it.

    PostgreSQL rewrites what it is told, so a comment holds the digest of what was said.
    """
    cursor.execute(
        "SELECT tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE NOT tgisinternal"
    )
    triggers = dict(cursor.fetchall())
    cursor.execute(
        """CREATE OR REPLACE FUNCTION catalog_renew_revision() RETURNS trigger LANGUAGE plpgsql AS $$
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
        if triggers.get(name) != _digest(sql):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(sql)
            cursor.execute(f"COMMENT ON TRIGGER {name} ON {table} IS '{_digest(sql)}'")
    made = _postgresql_search()
    digest = _digest("".join(made))
    cursor.execute("SELECT obj_description(to_regclass('catalog_search_everything'), 'pg_class')")
    is_kept = triggers.keys() >= {f"catalog_endpoint_search_{event}" for event in _EVENTS}
    if not is_kept or cursor.fetchone() != (digest,):
        for statement in made:
            cursor.execute(statement)
        for name in _VECTORS:
            cursor.execute(f"ANALYZE catalog_search_{name}")
        cursor.execute(f"COMMENT ON TABLE catalog_search_everything IS '{digest}'")


def _postgresql_search() -> list[str]:
    """What makes the tables of words, fills them, keeps them and asks them.

    They are beside the endpoints because they are narrow: what finds a word reads no more than their
    rows, and an endpoint that changes otherwise leaves its words alone.
    """
    sources = _SOURCES.split(", ")
    differs = " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in sources)
    # Sources that are missing, halfway through the migrations, take the trigger with them.
    exists = " OR ".join(f"new.{name} IS NOT NULL" for name in sources)
    keep, forget = "EXECUTE FUNCTION catalog_keep_words()", "EXECUTE FUNCTION catalog_forget_words()"  # fmt: skip
    events = {
        "insert": f"INSERT ON catalog_endpoint FOR EACH ROW WHEN ({exists}) {keep}",
        "update": f"UPDATE OF {_SOURCES} ON catalog_endpoint FOR EACH ROW WHEN ({differs}) {keep}",
        "delete": f"DELETE ON catalog_endpoint FOR EACH ROW {forget}",
        "truncate": f"TRUNCATE ON catalog_endpoint FOR EACH STATEMENT {forget}",
    }
    made = [f"ALTER TABLE catalog_endpoint DROP COLUMN IF EXISTS {name}" for name in _FORMER]
    kept, deleted, emptied = "", "", ""
    for name, texts in _VECTORS.items():
        table = f"catalog_search_{name}"
        new, old = (_vector(row, texts) for row in ("new", "catalog_endpoint"))
        made += [
            f"DROP TABLE IF EXISTS {table}",
            f"CREATE TABLE {table} (id bigint PRIMARY KEY, words tsvector)",
            f"INSERT INTO {table} (id, words) SELECT id, {old} FROM catalog_endpoint",  # noqa: S608
            # Without the list of what is not yet sorted in, which every question would have to read.
            f"CREATE INDEX ON {table} USING gin (words) WITH (fastupdate = off)",
        ]
        kept += (
            f"INSERT INTO {table} (id, words) VALUES (new.id, {new}) "  # noqa: S608
            "ON CONFLICT (id) DO UPDATE SET words = excluded.words; "
        )
        deleted += f"DELETE FROM {table} WHERE id = old.id; "  # noqa: S608
        emptied += f"TRUNCATE {table}; "
    trigger = "CREATE OR REPLACE FUNCTION {} RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NULL; END $$"  # fmt: skip
    made += [
        trigger.format("catalog_keep_words()", kept),
        trigger.format(
            "catalog_forget_words()",
            f"IF tg_op = 'TRUNCATE' THEN {emptied} ELSE {deleted} END IF;",
        ),
    ]
    for event in _EVENTS:
        made += [
            f"DROP TRIGGER IF EXISTS catalog_endpoint_search_{event} ON catalog_endpoint",
            f"CREATE TRIGGER catalog_endpoint_search_{event} AFTER {events[event]}",
        ]
    return [*made, "DROP FUNCTION IF EXISTS catalog_said(tsquery, boolean)", _SAID]


# The planner knows not what it costs to look through a vector: left alone it takes the rows one by one, at
# ten times the cost of the index. The plan is made once in a connection. An array written out is JSON but for its
# brackets, and costs a third of `json_agg`.
_SAID = """CREATE OR REPLACE FUNCTION catalog_said(sought tsquery, is_deep boolean, among bigint[] = NULL)
    RETURNS text LANGUAGE plpgsql STABLE
    SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
    BEGIN
      IF among IS NOT NULL THEN
        RETURN (SELECT translate(array_agg(id)::text, '{}', '[]') FROM catalog_search_everything
          WHERE id = ANY (among) AND words @@ sought);
      ELSIF is_deep THEN
        RETURN (SELECT translate(array_agg(id)::text, '{}', '[]') FROM catalog_search_everything WHERE words @@ sought);
      END IF;
      RETURN (SELECT translate(array_agg(id)::text, '{}', '[]') FROM catalog_search_description WHERE words @@ sought);
    END $$"""
_EVENTS = ("insert", "update", "delete", "truncate")
_FORMER = ("search_vector", "search_description")  # where the words were kept before


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# Where to look → its texts. A table for each: to look for weights PostgreSQL would read every row again.
_VECTORS = {
    "description": ("{row}.description",),
    "everything": (
        "{row}.endpoint_id || ' ' || {row}.display_name",
        "{row}.category || ' ' || {row}.tags::text",
        "{row}.description",
        "{row}.field_words",
    ),
}


def _vector(row: str, texts: Sequence[str]) -> str:
    """The words of a row's texts; Latin accents fall and punctuation separates, as in FTS5.

    The end of each text is a word of its own, so that no phrase reaches from one into the next.
    """
    lower = f"normalize(lower(left({{}}, {_MOST_SIGNS})), NFD)"
    bare = f"normalize(regexp_replace({lower}, '([a-z])[\u0300-\u036f]+', '\\1', 'g'), NFC)"
    plain = f"regexp_replace({bare}, '[^[:alnum:]]+', ' ', 'g')"
    return " || ".join(
        f"to_tsvector('simple'::regconfig, {plain.format(text.format(row=row))} || ' zqendzq')"
        for text in texts
    )
