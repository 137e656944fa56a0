"""The search index with one row per run, and the list of runs to index (again).

Database triggers mark each run that was made, ended, moved, handed over or used as an input,
whichever code did it; a worker then indexes it (`features/library/search/indexing.py`). On
PostgreSQL, `words` is a `tsvector` with a GIN index; on SQLite, it is text, indexed by a virtual
table of FTS5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections, models
from django.db.models.expressions import Col

from core.db.dollars_field import DollarsField
from core.db.triggers import create_after_insert
from features.library.full_text import Clause, Phrase
from runs.models import Run

FTS = "library_searchwords"
TRIGGER, USED_TRIGGER = "library_run_is_due", "library_used_run_is_due"
MOST_PLACES = 16_383  # in a tsvector


class WordsField(models.TextField):  # type: ignore[type-arg]
    """The words of a document (`full_text.document`), whose index finds words and phrases."""

    def db_type(self, connection: Any) -> str:
        """Return the type of the column."""
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return a document in the database's format."""
        if connection.vendor != "postgresql" or value is None:
            return value
        places: dict[str, list[str]] = {}
        for place, word in enumerate(value.split(" "), start=1):
            places.setdefault(word, []).append(str(min(place, MOST_PLACES)))
        return " ".join(f"'{word}':{','.join(at[:200])}" for word, at in places.items())

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """Return the SQL of a value."""
        return "%s::tsvector" if connection.vendor == "postgresql" else "%s"


@WordsField.register_lookup
class Matches(models.Lookup):
    """`words__matches=clauses`: uses the index, which reads all matches."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the condition with the operator of the GIN index."""
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} @@ %s::tsquery", [*params, tsquery(self.rhs)]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the condition as a list of keys from the virtual table."""
        sql = f"{self._key(compiler)} IN (SELECT rowid FROM {FTS} WHERE {FTS} MATCH %s)"  # noqa: S608
        return sql, [fts_query(self.rhs)]

    def _key(self, compiler: Any) -> str:
        column: Col = self.lhs
        key, _ = compiler.compile(Col(column.alias, SearchEntry._meta.pk))
        return str(key)


@WordsField.register_lookup
class Holds(Matches):
    """`words__holds=clauses`: checks row after row, for walks in the order of time.

    SQLite reads the list of all matching keys once, which is quick, and looks each row up in it.
    Checking single rows in the virtual table would start a search each time: 9 s at 50,000 runs.
    """

    lookup_name = "holds"

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the condition in a form for which PostgreSQL uses no index."""
        sql, params = super().as_postgresql(compiler, connection)
        return f"COALESCE({sql}, FALSE)", params


def tsquery(clauses: Sequence[Clause]) -> str:
    """Return clauses in the syntax of PostgreSQL's text search."""
    return " & ".join(
        f"{'!' if clause.is_negated else ''}({' | '.join(map(_of_postgresql, clause.phrases))})"
        for clause in clauses
    )


def _of_postgresql(phrase: Phrase) -> str:
    *whole_words, last = (f"'{word}'" for word in phrase.words)
    return f"({' <-> '.join([*whole_words, last + (':*' if phrase.is_open else '')])})"


def fts_query(clauses: Sequence[Clause]) -> str:
    """Return clauses in the syntax of FTS5; at least one of them is not negated."""
    terms = [f"({_any(clause)})" for clause in clauses if not clause.is_negated]
    unwanted = [f"({_any(clause)})" for clause in clauses if clause.is_negated]
    query = " AND ".join(terms)
    return f"({query}) NOT ({' OR '.join(unwanted)})" if unwanted else query


def _any(clause: Clause) -> str:
    return " OR ".join(
        f'"{" ".join(phrase.words)}"{"*" if phrase.is_open else ""}' for phrase in clause.phrases
    )


class SearchEntry(models.Model):
    """The index's row about one run."""

    id = models.BigIntegerField(
        primary_key=True, help_text="microseconds from 1970 to the run's creation: sorts by time"
    )
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="search_entry")
    words = WordsField()
    kinds = models.PositiveSmallIntegerField(
        default=0, help_text="of its results, a bit each (`features/library/search/kinds.py`)"
    )
    cost = DollarsField(null=True, help_text="as billed; null: unknown")

    class Meta:
        indexes = [models.Index(fields=["cost"], name="search_by_cost")]

    def __str__(self) -> str:
        return str(self.run_id)


class DueEntry(models.Model):
    """A run that has to be indexed; a trigger may write several rows for it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return str(self.run_id)


def install_trigger(using: str = "default", **_: Any) -> None:
    """Create missing triggers: SQLite drops them when it rebuilds a table."""
    connection = connections[using]
    if DueEntry._meta.db_table not in connection.introspection.table_names():
        return  # migrated back to a state without the index
    create = _create_on_sqlite if connection.vendor == "sqlite" else _create_on_postgresql
    with connection.cursor() as cursor:
        create(cursor)
        is_read = "NEW.source IS NOT NULL"
        create_after_insert(cursor, USED_TRIGGER, "playground_inputfile", is_read, _NOTE_USED)


def drop_trigger(using: str = "default", **_: Any) -> None:
    """Before migrations on SQLite, drop the trigger of another table that names the runs.

    Django rebuilds a table to change it, which SQLite refuses while another table's trigger names
    it. `install_trigger` creates it again.
    """
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER IF EXISTS {USED_TRIGGER}")


_COLUMNS = ("project_id", "user_id", "title", "billable_units")
_CHANGED = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _COLUMNS)
_HAS_ENDED = "NEW.state IN ('succeeded', 'failed', 'cancelled')"
_NOTE = "INSERT INTO library_dueentry (run_id) VALUES (NEW.id)"
# A source may be an upload as well.
_NOTE_USED = (
    "INSERT INTO library_dueentry (run_id) SELECT id FROM playground_run WHERE id = NEW.source"
)


def _create_on_sqlite(cursor: Any) -> None:
    ended = f"(OLD.state IS NOT NEW.state AND {_HAS_ENDED})"
    cursor.execute(
        f"CREATE TRIGGER IF NOT EXISTS {TRIGGER}_new AFTER INSERT ON playground_run "
        f"BEGIN {_NOTE}; END"
    )
    cursor.execute(
        f"CREATE TRIGGER IF NOT EXISTS {TRIGGER}_changed "
        f"AFTER UPDATE OF state, {', '.join(_COLUMNS)} ON playground_run "
        f"WHEN {ended} OR {_CHANGED} BEGIN {_NOTE}; END"
    )
    for name, event, statements in (
        ("new", "INSERT", [_ADD]),
        ("gone", "DELETE", [_REMOVE]),
        ("changed", "UPDATE OF id, words", [_REMOVE, _ADD]),
    ):
        cursor.execute(
            f"CREATE TRIGGER IF NOT EXISTS {FTS}_{name} AFTER {event} ON library_searchentry "
            f"BEGIN {' '.join(statements)} END"
        )


_ADD = f"INSERT INTO {FTS} (rowid, words) VALUES (NEW.id, NEW.words);"  # noqa: S608
_REMOVE = f"INSERT INTO {FTS} ({FTS}, rowid, words) VALUES ('delete', OLD.id, OLD.words);"  # noqa: S608


def _create_on_postgresql(cursor: Any) -> None:
    cursor.execute("SELECT 1 FROM pg_trigger WHERE tgname = %s", [f"{TRIGGER}_new"])
    if cursor.fetchone() is not None:
        return
    has_changed = _CHANGED.replace("IS NOT", "IS DISTINCT FROM")
    ended = f"(OLD.state <> NEW.state AND {_HAS_ENDED})"
    cursor.execute(
        f"CREATE OR REPLACE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_NOTE}; RETURN NULL; END $$"
    )
    cursor.execute(
        f"CREATE TRIGGER {TRIGGER}_new AFTER INSERT ON playground_run FOR EACH ROW "
        f"EXECUTE FUNCTION {TRIGGER}()"
    )
    cursor.execute(
        f"CREATE TRIGGER {TRIGGER}_changed "
        f"AFTER UPDATE OF state, {', '.join(_COLUMNS)} ON playground_run FOR EACH ROW "
        f"WHEN ({ended} OR {has_changed}) EXECUTE FUNCTION {TRIGGER}()"
    )
