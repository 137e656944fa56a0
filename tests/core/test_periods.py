"""Days and months are those of the house's time zone, even when clocks change."""

from datetime import UTC, datetime, timedelta

from core import periods
from features.library.search import dates

LATE = datetime(2026, 11, 27, 15, 30, tzinfo=UTC)  # half past midnight in Tokyo


def test_a_day_begins_at_the_houses_midnight(settings):
    assert periods.name_of_day(LATE) == "2026-11-27"
    settings.TIME_ZONE = "Asia/Tokyo"
    assert periods.name_of_day(LATE) == "2026-11-28"
    start, end = periods.bounds("2026-11-28")
    assert start == datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert end == start + timedelta(days=1)
    period = dates.parse_period("2026-11-28")
    assert period
    assert period.begin == start
    assert periods.name_of_month(datetime(2026, 11, 30, 15, tzinfo=UTC)) == "2026-12"


def test_a_day_on_which_clocks_change_is_shorter_or_longer(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-27", 24)):
        start, end = periods.bounds(day)
        assert end is not None
        assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours), day
