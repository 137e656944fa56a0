"""Counts of calls: fifty endpoints a request, a row for each, none without a summary."""

from datetime import UTC, datetime

import httpx
import pytest

import fal
from fal.messages.analytics import CallCounts, call_counts
from tests.fal.upstream import Upstream, queries_of

pytestmark = pytest.mark.anyio
START = datetime(2026, 11, 30, 9, tzinfo=UTC)


async def test_counts_are_requested_for_fifty_endpoints_at_once(connect):
    def counted(request: httpx.Request) -> httpx.Response:
        names = request.url.params.get_list("endpoint_id")
        rows = [{"endpoint_id": i, "request_count": 4, "error_count": 1} for i in names]
        return httpx.Response(200, json={"summary": rows})

    upstream = Upstream(counted)
    clients = await connect(upstream)
    counts = await clients.platform.analytics([f"a/{n}" for n in range(60)], start=START)
    assert counts[59] == CallCounts("a/59", 4, 0, 0, 1)
    query = queries_of(upstream)[1]
    assert len(query["endpoint_id"]) == 10
    assert query["start"] == ["2026-11-30T09:00:00+00:00"]
    assert query["expand"] == [
        "summary", "request_count", "success_count", "user_error_count", "error_count",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("summary", "counts"),
    [
        ([], []),
        ([7, {}, {"endpoint_id": "a/b", "request_count": "x"}], [CallCounts("a/b", 0, 0, 0, 0)]),
        ([{"endpoint_id": "a/b", "request_count": 1}] * 2, [CallCounts("a/b", 2, 0, 0, 0)]),
    ],
)
async def test_odd_rows_are_read_as_far_as_possible(summary, counts):
    assert call_counts({"summary": summary}) == counts


async def test_an_answer_without_a_summary_is_upstreams_failure():
    with pytest.raises(fal.UpstreamFailed):
        call_counts({"time_series": []})
