"""What fal keeps of a run: the project's setting, or what a caller wants if that is less."""

from datetime import timedelta
from typing import Any

import pytest

from runs.ownership import upstream_retention

HOUR, DAY, WEEK = 3600, 86_400, 7 * 86_400


# What earlier versions stored; nothing is computed from it.
WRONG = ("soon", 1e300, 10**20, 300_000_000_000, 0, -5, True, 60.5)


def lifecycle(seconds: Any, **more: Any) -> dict[str, Any]:
    return {"object_lifecycle": {"expiration_duration_seconds": seconds, **more}}


@pytest.mark.parametrize(
    ("keeps", "options", "sent"),
    [
        ("", {}, {}),
        ("", lifecycle(60), lifecycle(60)),
        ("hour", {}, lifecycle(HOUR)),
        ("week", lifecycle(60), lifecycle(60)),
        ("week", lifecycle(None), lifecycle(WEEK)),
        ("day", lifecycle(WEEK, initial_acl={"default": "hide"}),
         lifecycle(DAY, initial_acl={"default": "hide"})),
        ("nothing", {}, {"store_io": False} | lifecycle(DAY)),
        ("nothing", lifecycle(60), {"store_io": False} | lifecycle(60)),
        *(("month", lifecycle(wrong), lifecycle(30 * DAY)) for wrong in WRONG),
    ],
)  # fmt: skip
def test_the_stricter_of_project_and_caller_is_sent(keeps, options, sent):
    assert upstream_retention.stricter(options, keeps) == sent


def test_an_input_outlasts_the_longest_wait_of_a_run():
    hour = upstream_retention.uploads_for(lifecycle(HOUR))
    assert hour is not None
    assert hour > upstream_retention.LONGEST_WAIT
    assert upstream_retention.uploads_for(lifecycle(WEEK)) == timedelta(days=7)
    assert {upstream_retention.uploads_for(lifecycle(wrong)) for wrong in (*WRONG, None)} == {None}
    assert upstream_retention.uploads_for({}) is None
