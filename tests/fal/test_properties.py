"""Any JSON, and anything else, may come over the wire.

It is read, or raises a FalError, and nothing else.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
from hypothesis import given
from hypothesis import strategies as st

import fal
from fal.http.answers import Answer, rejection, retry_after_s, run_failure
from fal.messages.catalogue import prices
from fal.messages.result import Result

T = TypeVar("T")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
WORDS = (
    "status logs metrics error error_type detail loc msg type message ctx request_id models "
    "metadata "
    "endpoint_id openapi enterprise_status has_more next_cursor tags group key label updated_at "
    "date "
    "duration_estimate prices unit_price unit total_cost queue_position status_url timestamp"
)
KEYS = st.sampled_from(WORDS.split()) | st.text(max_size=5)
JSON = st.recursive(
    LEAVES
    | st.sampled_from(
        ["IN_QUEUE", "COMPLETED", "2026-02-03T09:14:22.000Z", "0001-01-01T00:00+23:59"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=6)
BODIES = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "retry-after",
            "x-ratelimit-reset",
            "x-fal-error-type",
            "x-fal-request-id",
            "x-fal-needs-retry",
            "x-fal-retryable",
            "x-fal-billable-units",
            "content-type",
        ]
    ),
    st.text(st.characters(max_codepoint=127), max_size=12)
    | st.floats().map(str)
    | st.integers().map(str),
).map(httpx.Headers)


def read(reader: Callable[..., T], *arguments: Any) -> T | None:
    """Return the reader's result, or None if it raises a FalError, as it may."""
    try:
        return reader(*arguments)
    except fal.FalError:
        return None


@given(JSON | OBJECTS)
def test_any_json_is_a_status_or_upstreams_failure(raw):
    status = read(fal.Status.from_json, raw)
    assert (status is not None) == isinstance(raw, dict)
    if status is not None:
        assert status.state in fal.Phase
        assert all(line.message.encode() is not None for line in status.logs)
        assert status.failure is None or status.is_completed


@given(st.lists(OBJECTS | JSON, max_size=3), OBJECTS)
def test_any_entries_are_items_or_malformed_items(entries, more):
    content = json.dumps({**more, "models": entries}).encode()
    page = read(fal.Page.from_bytes, content)
    assert page is not None
    assert len(page.models) + len(page.malformed) == len(entries)
    for model in page.models:
        assert model.openapi is None or isinstance(json.loads(model.openapi), dict)


@given(BODIES)
def test_any_body_is_a_page_or_upstreams_failure(content):
    read(fal.Page.from_bytes, content)


@given(OBJECTS)
def test_any_object_is_metadata(raw):
    assert isinstance(fal.Metadata.from_json(raw).tags, tuple)


@given(JSON | OBJECTS)
def test_any_json_is_prices_or_upstreams_failure(raw):
    read(prices, raw)


@given(st.integers(100, 599), HEADERS, BODIES)
def test_any_answer_is_an_error_that_can_be_stored(status, headers, content):
    for reader in (rejection, run_failure):
        error = reader(Answer(status, headers, content))
        assert isinstance(error, fal.FalError)
        assert error.message
        assert "\x00" not in error.message
        assert error.message.encode()
        stored = error.as_json()
        again = fal.FalError.from_json(json.loads(json.dumps(stored)))
        assert type(again) is type(error)
        assert str(stored).encode()


@given(st.integers(200, 299), HEADERS, BODIES)
def test_any_body_is_a_result_or_upstreams_failure(status, headers, content):
    result = read(Result.from_answer, Answer(status, headers, content))
    if result is not None:
        assert result.text.encode() == content.removeprefix(b"\xef\xbb\xbf")


@given(JSON)
def test_any_detail_is_problems_with_paths_of_names_and_indices(detail):
    for problem in fal.error_paths(detail):
        assert isinstance(problem.message, str)
        assert all(type(part) in (str, int) for part in problem.path)
        assert isinstance(fal.dotted(problem.path), str)


@given(HEADERS)
def test_any_wait_is_a_finite_number_or_none(headers):
    seconds = retry_after_s(headers)
    assert seconds is None or 0 <= seconds < float("inf")


LINES = st.builds(fal.LogLine, st.sampled_from("abc"), timestamp=st.sampled_from("123"))


@given(st.lists(LINES), st.lists(LINES))
def test_c20_merging_logs_twice_changes_nothing(earlier, added):
    merged = fal.merge_logs(earlier, added)
    assert fal.merge_logs(merged, added) == merged
    assert {line.identity for line in merged} == {line.identity for line in [*earlier, *added]}
    assert len({line.identity for line in merged}) == len(merged)
