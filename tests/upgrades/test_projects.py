"""The work of five people of before there were projects lives in their private ones afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, environment
from tests.upgrades.test_upgrades import databases, execute, manage, migrate
from tests.upgrades.work_of_five import PEOPLE, RUNS

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db, pytest.mark.system]
# Tables of what lives in projects, with how many rows each person has.
TABLES = {
    "playground_run": RUNS,
    "playground_preset": 2,
    "playground_upload": 1,
    "boards_board": 1,
    "chats_chat": 1,
    "flows_flow": 1,
    "flows_flowrun": 1,
    "training_dataset": 1,
    "training_weights": 1,
}


def test_everybodys_work_moves_into_their_private_project(tmp_path: Path) -> None:
    with databases(tmp_path) as make_database:
        url = make_database("")
        filled = subprocess.run(
            [sys.executable, "-m", "tests.upgrades.work_of_five"],
            cwd=ROOT,
            env=environment(
                SECRET_KEY="x", DATABASE_URL=url, DJANGO_SETTINGS_MODULE="config.settings"
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert filled.returncode == 0, filled.stderr
        migrate(url)
        for table, number in TABLES.items():
            placed = execute(
                url,
                f"SELECT username, count(*), min(project_id), max(project_id) FROM {table}"
                " JOIN projects_project ON projects_project.id = project_id"
                " JOIN auth_user ON auth_user.id = person_id"
                " WHERE user_id = person_id AND NOT is_hidden"
                " GROUP BY username ORDER BY username",
            )
            assert [row[:2] for row in placed] == [(name, number) for name in PEOPLE], table
            assert all(row[2] == row[3] for row in placed), table
            assert len({row[2] for row in placed}) == len(PEOPLE), table
        members = "SELECT role, count(*) FROM projects_membership GROUP BY role"
        assert execute(url, members) == [("manager", len(PEOPLE))]
        shared = "SELECT count(*) FROM playground_run WHERE is_example"
        assert execute(url, shared) == [(len(PEOPLE) * RUNS // 10,)], "examples stay shared"
        assert manage(url, "check").returncode == 0
