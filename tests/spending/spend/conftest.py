"""Days that are over at midnight: tests hold in the quarter of an hour after it as well."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spending.sums import rollups


@pytest.fixture(autouse=True)
def closed_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yesterday is over at once, whatever time it is."""
    monkeypatch.setattr(rollups, "CLOSES_AFTER", timedelta(0))
