"""Every tagged version's backup can be restored: all rows, all files, and pages that show them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from tests.processes import ROOT, environment
from tests.upgrades import fixtures
from tests.upgrades.databases import connect, databases, schema
from tests.upgrades.make_fixture import SECRET_KEY

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.django_db,
    pytest.mark.system,
    pytest.mark.needs("pg_dump"),
]
# Migrations add rows to these tables: for new models, about the migration itself, and series for
# chats, references and data sets.
GROWING = {
    "django_content_type", "auth_permission", "auth_group_permissions", "operations_dataversion",
    "library_series", "library_seriesitem",
}  # fmt: skip
# Former addresses → present ones, with the same key.
MOVED = {"/chats/": "/series/", "/references/": "/series/", "/training/": "/series/"}
# Tables that were dropped since, by the version that dropped them.
DROPPED = {
    "0.3.0": {
        "boards_boardtally", "boards_standingtrial", "boards_tally", "boards_trial",
        "chats_chat", "chats_turn", "flows_accountlisting", "flows_stepfile",
        "library_promptversion", "library_reference", "library_referencerun",
        "library_referenceversion", "playground_keyseal", "playground_projectkey", "sharing_report",
        "spending_alarm", "spending_budget_informed", "training_dataset",
        "training_datasetarchive", "training_training", "training_weights",
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=fixtures.VERSIONS)
def restored(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[fixtures.Restored]:
    folder = tmp_path_factory.mktemp("fixture")
    with django_db_blocker.unblock(), databases(folder) as make_database:
        yield fixtures.restore(request.param, connection.vendor, make_database(""), folder)


def test_all_rows_are_there(restored):
    with closing(connect(restored.url)) as database, database.cursor() as cursor:

        def count(table: str) -> int:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            return int(cursor.fetchone()[0])

        tables = restored.about.tables.keys() - set().union(*DROPPED.values())
        now = {table: count(table) for table in tables}
    before = {table: restored.about.tables[table] for table in tables}
    fewer = {table for table, rows in before.items() if now[table] < rows}
    more = {table for table, rows in before.items() if now[table] > rows}
    assert fewer == set()
    assert more <= GROWING
    assert now["boards_cell"] == 4


def test_its_tables_are_those_of_a_new_database(restored):
    """The squashed migrations create the same tables as the migrations that they replace."""
    with closing(connect(restored.url)) as database:
        assert schema(database) == schema(connection)


def test_all_files_are_there(restored):
    files = [path for path in restored.media.rglob("*") if path.is_file()]
    assert len(files) == restored.about.files > 0


def test_the_main_pages_show_what_was_made(restored):
    pages = {}
    for address, text in restored.pages.items():
        for former, present in MOVED.items():
            address = address.replace(former, present)
        pages[address] = text
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrades.pages_script"],
        cwd=ROOT,
        env=environment(
            DJANGO_SETTINGS_MODULE="tests.settings",
            VITRINE_TEST_DATABASE_URL=restored.url,
            SECRET_KEY=SECRET_KEY,
        ),
        input=json.dumps(pages),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}
