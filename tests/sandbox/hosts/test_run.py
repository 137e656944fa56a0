"""The run host: synchronous runs, server-sent events (C45 to C47, C59), and every error."""

from itertools import pairwise

import httpx
import pytest

from sandbox.errors import MODEL_ERRORS, REQUEST_ERRORS
from tests.sampling import sample
from tests.sandbox.wire import SLOW, events, result, submit, wait


def test_c45_a_run_answers_with_the_output_and_its_id(http, sandbox):
    url = f"{sandbox.addresses['run']}/sandbox/eye"
    image = f"{sandbox.addresses['files']}/examples/harbour.png"
    answer = http.post(url, json={"image_url": image})
    assert answer.status_code == 200
    assert answer.json()["result"]["width"] == 768
    assert answer.headers["x-fal-request-id"]
    assert float(answer.headers["x-fal-billable-units"]) == 1


def test_c47_a_run_with_invalid_input_is_a_422_at_once(http, sandbox):
    answer = http.post(f"{sandbox.addresses['run']}/sandbox/aurora", json={"prompt": 5})
    assert answer.status_code == 422
    (fault,) = answer.json()["detail"]
    assert (fault["loc"], fault["type"]) == (["body", "prompt"], "string_type")


def test_a_body_that_is_not_json_is_a_400(http, sandbox):
    for host in ("run", "queue"):
        answer = http.post(f"{sandbox.addresses[host]}/{SLOW}", content=b"{not json")
        assert answer.status_code == 400


def test_hanging_up_stops_the_work(http, narrow):
    with pytest.raises(httpx.ReadTimeout):
        http.post(f"{narrow.addresses['run']}/{SLOW}", json={"duration": 3600}, timeout=0.3)
    handle = submit(http, narrow, SLOW, {"duration": 0, "picture": False})
    wait(http, handle)


def test_c59_a_stream_is_json_events_and_ends_with_the_whole_output(http, sandbox):
    url = f"{sandbox.addresses['run']}/sandbox/scribe"
    arguments = {"prompt": "paper and the sea", "seed": 5, "max_tokens": 60}
    with http.stream("POST", f"{url}/stream", json=arguments) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["x-fal-request-id"]
        seen = list(events(stream))
    assert len(seen) > 3
    for earlier, later in pairwise(seen):  # each event repeats the text before it
        assert later["output"].startswith(earlier["output"].rstrip())
    assert seen[-1] == http.post(url, json=arguments).json()
    assert seen[-1]["partial"] is False


@pytest.mark.parametrize("kind", sample([*MODEL_ERRORS], 5, by_seed=2))
def test_every_model_error_has_its_status_and_detail(http, sandbox, kind):
    arguments = {"error_type": kind, "after": 0, "field": "loras.0.path"}
    handle = submit(http, sandbox, "mischief/fail", arguments)
    answer = result(http, handle)
    assert answer.status_code == MODEL_ERRORS[kind]
    (item,) = answer.json()["detail"]
    assert item["loc"] == ["body", "loras", 0, "path"]
    assert item["type"] == kind
    assert item["url"] == f"https://docs.fal.ai/errors/#{kind}"
    assert wait(http, handle)["error_type"] == kind


@pytest.mark.parametrize("kind", [*REQUEST_ERRORS])
def test_every_request_error_has_its_status_and_header(http, sandbox, kind):
    status, retryable = REQUEST_ERRORS[kind]
    arguments = {"error_type": kind, "after": 0}
    answer = http.post(f"{sandbox.addresses['run']}/mischief/fail", json=arguments)
    assert answer.status_code == status
    assert answer.json()["error_type"] == kind
    assert answer.headers["X-Fal-Error-Type"] == kind
    assert answer.headers["X-Fal-Needs-Retry"] == ("1" if retryable else "0")


def test_a_model_fetches_nothing_but_our_own_files(http, sandbox):
    url = f"{sandbox.addresses['run']}/sandbox/eye"
    files = sandbox.addresses["files"]
    foreign = (
        "http://127.0.0.1:1/x.png",
        "https://example.com/x.png",
        "file:///etc/hostname",
        f"{files}/../../../etc/hostname",
        f"{files}@evil/x.png",
    )
    for image_url in foreign:
        answer = http.post(url, json={"image_url": image_url})
        assert answer.json()["detail"][0]["type"] == "file_download_error", image_url
        assert answer.json()["detail"][0]["loc"] == ["body", "image_url"]


def test_c58_browsers_may_call_from_anywhere(sandbox):
    origin = {"Origin": "https://somewhere.example"}
    preflight_headers = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-fal-queue-priority",
    }
    preflight = httpx.options(
        f"{sandbox.addresses['queue']}/{SLOW}", headers=origin | preflight_headers
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "x-fal-queue-priority" in preflight.headers["access-control-allow-headers"]
    answer = httpx.get(f"{sandbox.addresses['api']}/models", headers=origin)
    assert "x-fal-request-id" in answer.headers["access-control-expose-headers"]
