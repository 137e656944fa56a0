"""Which migrations `make lint` refuses."""

from __future__ import annotations

import pytest

from tests.migrations import check

HERE = "sqlite://:memory:"


def test_what_only_adds_is_taken() -> None:
    assert check(HERE, "operations.0003_processes").returncode == 0


def test_what_takes_away_or_must_be_filled_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert check(HERE, "spending.0006_no_rollups", "boards.0017_decisions").returncode == 1
    said = capfd.readouterr().out
    assert "(spending, 0006_no_rollups)... ERR\n\tDROPPING table" in said
    assert "(boards, 0017_decisions)... ERR\n\tNOT NULL constraint" in said
