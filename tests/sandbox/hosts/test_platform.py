"""The Platform API: catalogue, prices, requests (C56, C57)."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.sandbox.server import RunningSandbox
from tests.sandbox.wire import SLOW, submit, wait


def models(sandbox: RunningSandbox, *query: tuple[str, Any]) -> httpx.Response:
    return httpx.get(f"{sandbox.addresses['api']}/models", params=list(query), timeout=30)


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["endpoint_id"] for item in answer.json()["models"]]


def error(answer: httpx.Response) -> tuple[int, str]:
    envelope = answer.json()["error"]
    assert envelope["message"]
    return answer.status_code, envelope["type"]


def test_c56_list_pages_through_everything_once(sandbox):
    seen, cursor = [], None
    while True:
        query = [("limit", 7)] + ([("cursor", cursor)] if cursor else [])
        answer = models(sandbox, *query)
        seen += ids(answer)
        cursor = answer.json()["next_cursor"]
        if not answer.json()["has_more"]:
            assert cursor is None
            break
    assert seen == ids(models(sandbox, ("limit", 1000)))
    assert len(set(seen)) == len(seen) >= 19


def test_c56_find_answers_in_the_order_of_the_ids(sandbox):
    wanted = ["mischief/slow", "sandbox/aurora", "sandbox/ridgeline"]
    answer = models(sandbox, *[("endpoint_id", each) for each in wanted], ("sort", "recent"))
    assert ids(answer) == wanted


def test_c56_search_by_words_category_and_status(sandbox):
    assert ids(models(sandbox, ("q", "ridgeline")))[0] == "sandbox/ridgeline"
    assert ids(models(sandbox, ("q", "nothing like this"))) == []
    matches = models(sandbox, ("category", "text-to-video")).json()["models"]
    assert [item["metadata"]["category"] for item in matches] == ["text-to-video"]
    assert ids(models(sandbox, ("status", "deprecated"))) == []


@pytest.mark.parametrize(
    "query",
    [
        [("limit", 1001)],
        [("limit", 11), ("expand", "openapi-3.0")],
        [("cursor", "%%%")],
        [("endpoint_id", f"a/{n}") for n in range(51)],
    ],
)
def test_c56_limits_are_400_validation_errors(sandbox, query):
    assert error(models(sandbox, *query)) == (400, "validation_error")


def test_c56_bracketed_arrays_are_ignored_and_unknown_ids_are_404(sandbox):
    plain = models(sandbox, ("expand[]", "openapi-3.0"), ("limit", 2)).json()["models"]
    assert all("openapi" not in item for item in plain)
    assert error(models(sandbox, ("endpoint_id", "no/such"))) == (404, "not_found")


def test_c56_the_key_is_optional_but_not_wrong(sandbox):
    url = f"{sandbox.addresses['api']}/models"
    assert httpx.get(url).status_code == 200
    assert httpx.get(url, headers={"Authorization": f"Key {sandbox.key}"}).status_code == 200
    wrong = httpx.get(url, headers={"Authorization": "Key wrong"})
    assert error(wrong) == (401, "authorization_error")


def test_c57_prices_are_listed_by_endpoint(http, sandbox):
    url = f"{sandbox.addresses['api']}/models/pricing"
    wanted = ["sandbox/aurora", "mischief/slow"]
    repeated = http.get(url, params=[("endpoint_id", each) for each in wanted]).json()
    assert http.get(url, params={"endpoint_id": ",".join(wanted)}).json() == repeated
    assert repeated["prices"][0] == {
        "endpoint_id": "sandbox/aurora",
        "unit_price": 0.025,
        "unit": "megapixels",
        "currency": "USD",
    }
    assert (repeated["next_cursor"], repeated["has_more"]) == (None, False)
    assert error(http.get(url)) == (400, "validation_error")
    assert error(http.get(url, params={"endpoint_id": "no/such"})) == (404, "not_found")
    assert error(httpx.get(url, params={"endpoint_id": "a/b"})) == (401, "authorization_error")


def test_requests_are_listed_by_endpoint(http, sandbox):
    url = f"{sandbox.addresses['api']}/models/requests/by-endpoint"
    arguments = {"duration": 0, "picture": False}
    listed = submit(http, sandbox, SLOW, arguments)
    hidden = submit(http, sandbox, SLOW, arguments, headers={"X-Fal-Store-IO": "0"})
    failed = submit(http, sandbox, SLOW, {"duration": -1})
    for handle in (listed, hidden, failed):
        wait(http, handle)
    query: dict[str, str | int] = {"endpoint_id": SLOW, "expand": "payloads", "limit": 3}
    answer = http.get(url, params=query).json()
    rows = {row["request_id"]: row for row in answer["items"]}
    assert list(rows) == [h["request_id"] for h in (failed, hidden, listed)]
    assert rows[listed["request_id"]]["json_input"] == arguments
    assert "json_input" not in rows[hidden["request_id"]]
    assert rows[failed["request_id"]]["status_code"] == 422
    page = http.get(url, params={"endpoint_id": SLOW, "status": "user_error", "limit": 1}).json()
    assert page["items"][0]["request_id"] == failed["request_id"]
    future = {"endpoint_id": SLOW, "start": "2999-01-01T00:00:00Z"}
    assert http.get(url, params=future).json()["items"] == []
    assert error(http.get(url, params={"endpoint_id": SLOW, "limit": 101})) == (
        400,
        "validation_error",
    )


def test_analytics_count_the_requests_made(http, sandbox):
    url = f"{sandbox.addresses['api']}/models/analytics"
    model, start = "mischief/fail", datetime.now(UTC).isoformat()
    for kind in ("none", "internal_error", "request_timeout", "image_too_small"):
        arguments = {"error_type": kind, "after": 0}
        wait(http, submit(http, sandbox, model, arguments))
    counts = {"request_count": 4, "success_count": 1, "user_error_count": 1, "error_count": 2}
    query = [("endpoint_id", model), ("expand", "summary"), *(("expand", name) for name in counts)]
    whole = http.get(url, params=[*query, ("start", start)]).json()
    assert whole["summary"] == [{"endpoint_id": model, **counts}]
    assert http.get(url, params=[*query, ("start", "2100-01-01")]).json()["summary"] == []
    for wrong in ({}, {"endpoint_id": model, "expand": "summary"}, {"endpoint_id": "no/such"}):
        assert http.get(url, params=wrong).status_code in {400, 404}
    assert error(httpx.get(url, params={"endpoint_id": model})) == (401, "authorization_error")
