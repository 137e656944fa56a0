"""What spreadsheets must not run is guarded, and comes back as it was."""

from __future__ import annotations

from boards.plan.tables import read_rows
from runs.results import csv_text

VALUES = ["-5 degrees", "+49 30 1234", "@SUM(1+1)", "'-5", "''=1", "'tis", "-5", "plain", "=1"]


def test_a_table_of_ours_is_read_as_it_was() -> None:
    text = csv_text.write(["prompt"], [[value] for value in VALUES])
    assert "\n'-5 degrees" in text
    assert [row["prompt"] for row in read_rows(text)] == VALUES
