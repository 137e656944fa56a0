"""What an app tells the record of models: why it keeps a run, and what else counts."""

from __future__ import annotations

from typing import NamedTuple

from core.db.triggers import Trigger


class Change(NamedTuple):
    """Columns of a table that decide whether runs are kept; `runs` is the SQL of their keys.

    `{row}` in it stands for the changed row. New rows of a parent, such as a series, and those
    about to go have no children that name runs.
    """

    table: str
    columns: tuple[str, ...]
    runs: str
    is_parent: bool = False


class ReasonToKeep(NamedTuple):
    """A reason to keep a run: there is a row of the SQL `rows`, in which `{run}` is the run's key.

    `rows` begins after `SELECT 1 FROM`; `changes` are all tables that it reads.
    """

    rows: str
    changes: tuple[Change, ...]


class RecordSource(NamedTuple):
    """What an app adds to the record besides runs, such as votes.

    `triggers` add to the sums; `earlier` is the SQL of all rows that are older than the record.
    """

    triggers: tuple[Trigger, ...]
    earlier: str
