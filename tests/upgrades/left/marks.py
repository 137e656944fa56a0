"""The columns of a model's mark were called standing; what curators said stays."""

from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 11, 1, tzinfo=UTC)


def make(apps: Any) -> None:
    """Make a blocked model."""
    curator = apps.get_model("auth", "User").objects.create(username="of-marks")
    apps.get_model("catalog", "Endpoint").objects.create(
        endpoint_id="of/marks", standing="blocked", standing_reason="Too dear",
        standing_by=curator, standing_at=AT,
    )  # fmt: skip


def check(apps: Any) -> None:
    """Look at the mark, its reason, and who gave it when."""
    endpoint = apps.get_model("catalog", "Endpoint").objects.get(endpoint_id="of/marks")
    assert (endpoint.mark, endpoint.mark_reason, endpoint.marked_at) == ("blocked", "Too dear", AT)
    assert endpoint.marked_by.username == "of-marks"
