"""The database of each test process: migrated once per test run, then copied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from tests.processes import one_at_a_time


@contextmanager
def copied(shared: Path, name: str) -> Iterator[None]:
    """Use a copy of the migrated database for the block.

    `shared` is a folder of the test run, `name` that of this process's copy in it.
    """
    users = shared / "databases"
    users.mkdir(exist_ok=True)
    creation: Any = connection.creation  # the stubs lack the name of its test database
    place = connection.settings_dict
    before, pattern = place["NAME"], creation._get_test_db_name()
    with one_at_a_time(users):
        place["NAME"] = pattern
        if not any(users.iterdir()):
            place["NAME"] = before
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
        (users / name).touch()
        creation.clone_test_db(name, verbosity=0, autoclobber=True)
        place["NAME"] = creation.get_test_db_clone_settings(name)["NAME"]
    try:
        yield
    finally:
        creation.destroy_test_db(before, verbosity=0)
        with one_at_a_time(users):
            (users / name).unlink()
            if not any(users.iterdir()):
                place["NAME"] = pattern
                creation.destroy_test_db(before, verbosity=0)
