"""WebSockets: HTTP in frames (C53), and live sessions (C51, C52)."""

import io
import json
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.sandbox.server import RunningSandbox, start_sandbox

pytestmark = pytest.mark.system  # these tests take long

LIVE = "sandbox/aurora/lite"
INPUT = {"prompt": "violet", "seed": 3, "image_size": {"width": 96, "height": 64}}


def open_socket(
    to: RunningSandbox, host: str, path: str, *, key: str | None = None
) -> ClientConnection:
    base = to.addresses[host].replace("http", "ws", 1)
    sent_key = to.key if key is None else key
    headers = {"Authorization": f"Key {sent_key}"} if sent_key else {}
    return connect(f"{base}/{path}", additional_headers=headers, max_size=None)


def exchange(socket: ClientConnection, arguments: Any) -> tuple[dict[str, Any], bytes]:
    """Send a request; return its start frame with the end frame under `end`, and its body."""
    socket.send(json.dumps(arguments))
    start, body = json.loads(socket.recv(60)), b""
    while isinstance(frame := socket.recv(60), bytes):
        body += frame
    end = json.loads(frame)
    assert (start["type"], end["type"]) == ("start", "end")
    assert start["request_id"] == end["request_id"]
    return start | {"end": end}, body


def test_c53_several_requests_share_one_connection(sandbox):
    with open_socket(sandbox, "ws", "sandbox/scribe") as socket:
        seen = [exchange(socket, {"prompt": text}) for text in ("one word", "now three words")]
        refused, detail = exchange(socket, {"prompt": 5})
        again, _ = exchange(socket, {"prompt": "it goes on"})
    counts = [json.loads(body)["usage"]["prompt_tokens"] for _, body in seen]
    assert counts == [2, 3]
    assert [start["status"] for start, _ in seen] == [200, 200]
    assert len({start["request_id"] for start, _ in seen}) == 2
    assert seen[0][0]["headers"]["content-type"] == "application/json"
    assert (refused["status"], again["status"]) == (422, 200)
    assert json.loads(detail)["detail"][0]["loc"] == ["body", "prompt"]


def test_c53_a_stream_is_sent_as_its_events(http, sandbox):
    arguments = {"prompt": "paper", "seed": 5, "max_tokens": 60}
    with open_socket(sandbox, "ws", "sandbox/scribe/stream") as socket:
        start, body = exchange(socket, arguments)
    events = [json.loads(line[6:]) for line in body.decode().splitlines() if line[:5] == "data:"]
    assert start["headers"]["content-type"].startswith("text/event-stream")
    assert len(events) > 3
    whole = http.post(f"{sandbox.addresses['run']}/sandbox/scribe", json=arguments).json()
    assert events[-1] == whole


@pytest.mark.parametrize("host", ["ws", "run"])
def test_a_socket_without_the_key_is_refused(sandbox, host):
    for key in ("", "wrong:key"):
        with pytest.raises(InvalidStatus) as caught:
            open_socket(sandbox, host, f"{LIVE}/realtime", key=key)
        assert caught.value.response.status_code == 401


def answer_to(socket: ClientConnection, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the result for one input of a live session; also read the timings that follow."""
    socket.send(msgpack.packb(arguments))
    result = socket.recv(60)
    assert isinstance(result, bytes)
    timings = json.loads(socket.recv(60))
    assert (timings["type"], timings["action"]) == ("x-fal-message", "timings")
    answer: dict[str, Any] = msgpack.unpackb(result)
    return answer


@pytest.mark.parametrize("suffix", ["/realtime", "/realtime/realtime"])
def test_c52_a_live_session_answers_each_input_in_bytes(sandbox, suffix):
    with open_socket(sandbox, "run", LIVE + suffix) as socket:
        first = answer_to(socket, {**INPUT, "request_id": "mine"})
        second = answer_to(socket, {**INPUT, "prompt": "green"})
    (image,) = first["images"]
    picture = Image.open(io.BytesIO(image["content"]))
    assert (picture.format, picture.size) == ("JPEG", (96, 64))
    assert image["content_type"] == "image/jpeg"
    assert (first["request_id"], first["seed"]) == ("mine", 3)
    assert "request_id" not in second
    assert second["images"][0]["content"] != image["content"]


def test_c51_a_token_opens_a_session_of_its_own_application_only(http, sandbox):
    def token(app: str, seconds: int = 120) -> str:
        wish = {"allowed_apps": [app], "token_expiration": seconds}
        text: str = http.post(f"{sandbox.addresses['rest']}/tokens/", json=wish).json()
        return text

    path = f"{LIVE}/realtime?fal_jwt_token="
    with open_socket(sandbox, "run", path + token("aurora"), key="") as socket:
        assert answer_to(socket, INPUT)["seed"] == 3
    for bad in (token("scribe"), token("aurora", -1), "nonsense"):
        with pytest.raises(InvalidStatus):
            open_socket(sandbox, "run", path + bad, key="")


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    running = start_sandbox(tmp_path_factory.mktemp("impatient"), pace=0, live_idle=0.2)
    yield running
    assert running.stop() == 0


def test_c52_a_silent_session_is_notified_and_closed(impatient):
    with open_socket(impatient, "run", f"{LIVE}/realtime") as socket:
        message = json.loads(socket.recv(60))
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(60)
    assert (message["type"], message["error"]) == ("x-fal-error", "TIMEOUT")
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1000
