"""The database of each test process: migrated once, then copied.

On SQLite, the migrated file is kept between test runs, under a digest of everything that shapes it:
the migrations take ten seconds, most of the time of a run of one file.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from tests.processes import ROOT, one_at_a_time

KEPT = Path(tempfile.gettempdir()) / f"vitrine-test-databases-{os.getuid()}"
MOST_KEPT = 8  # enough for several checkouts and branches


def plan_queries(times: int = 1) -> int:
    """Return how many statements `custom_plans` adds: savepoint, PostgreSQL's settings, release."""
    return 0 if connection.vendor == "sqlite" else 3 * times


def create(creation: Any, name: str) -> None:
    """Create the migrated test database; copy that of an earlier test run if it is the same."""
    if connection.vendor != "sqlite":
        creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
        return
    KEPT.mkdir(exist_ok=True, mode=0o700)
    file = KEPT / f"{digest_of_migrations()}.sqlite3"
    with one_at_a_time(file):
        if file.exists():
            file.touch()
        else:
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            shutil.copyfile(name, file)
    shutil.copyfile(file, name)
    connection.settings_dict["NAME"] = name
    for old in sorted(KEPT.glob("*.sqlite3"), key=os.path.getmtime)[:-MOST_KEPT]:
        old.unlink(missing_ok=True)
        old.with_suffix(".lock").unlink(missing_ok=True)


def digest_of_migrations() -> str:
    """Return a digest of the sources and libraries that decide what `migrate` writes.

    These are migrations, models, and all modules about permissions, which are rows.
    """
    digest = hashlib.sha256((ROOT / "requirements" / "run.txt").read_bytes())
    for path in sorted(ROOT.glob("[a-z]*/**/*.py")):
        parts = path.relative_to(ROOT).parts
        if parts[0] not in {"tests", "bench", "var"}:
            source = path.read_bytes()
            is_model = any(part.startswith(("models", "migrations")) for part in parts)
            if is_model or b"ermission" in source:
                digest.update(source)
    return digest.hexdigest()[:32]


@contextmanager
def use_copy(shared: Path, name: str) -> Iterator[None]:
    """Use a copy of the migrated database for the block.

    `shared` is a folder of the test run; `name` names this process's copy in it.
    """
    users = shared / "databases"
    users.mkdir(exist_ok=True)
    creation: Any = connection.creation  # the type stubs lack its name
    place = connection.settings_dict
    before, pattern = place["NAME"], creation._get_test_db_name()
    with one_at_a_time(users):
        place["NAME"] = pattern
        if not any(users.iterdir()):
            place["NAME"] = before
            create(creation, pattern)
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
