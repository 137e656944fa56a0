"""Live sessions of fal's clients through the gateway, against the real sandbox."""

import json
from typing import Any

import msgpack
import pytest
from asgiref.sync import sync_to_async
from websockets.asyncio.client import connect

from api import tokens
from api.fal_proxy.tickets import LiveToken
from api.gateway.sessions import DENIALS, endpoint_id, is_session
from catalog.models import Endpoint
from projects.models.project import private_project
from runs.models import Run
from runs.results import timeline
from runs.state import state_machine
from tests.projects.people import make_project

pytestmark = pytest.mark.any_database  # for frames on their way

LIVE = "sandbox/aurora/lite"


@pytest.fixture(autouse=True)
def live(settings: Any) -> None:
    settings.REALTIME_URL = "wss://vitrine.test/live"


def paint(word: str) -> bytes:
    packed: bytes = msgpack.packb({"prompt": word, "seed": 3})
    return packed


async def result(socket: Any) -> dict[str, Any]:
    """Return the next frame, without control messages about fal's timing."""
    while isinstance(frame := await socket.recv(), str):
        if (message := json.loads(frame)).get("type") != "x-fal-message":
            return dict(message)
    return dict(msgpack.unpackb(frame))


def test_frames_pass_and_the_session_is_a_run(gated, person):
    row, _ = tokens.create(person, "app", ["run"])
    project = private_project(person)
    live = LiveToken(person.pk, row.pk, "", "http://testserver", ("aurora",), project.pk)
    token = live.sign()

    async def act(address: str) -> Any:
        async with connect(f"ws://{address}/{LIVE}/realtime?fal_jwt_token={token}") as socket:
            await socket.send(b"\xc1")
            unreadable = await result(socket)
            seen = []
            for word in ("violet", "green"):
                await socket.send(paint(word))
                seen.append(await result(socket))
            await socket.send(json.dumps({"seed": "none"}))
            return unreadable, seen, await result(socket)

    unreadable, seen, refused = gated(act)
    assert unreadable["error"] == "BAD_REQUEST"
    assert [arguments["prompt"] for arguments in seen] == ["violet", "green"]
    assert isinstance(seen[0]["images"][0]["content"], bytes)
    assert refused["error"] == "INTERNAL_ERROR"
    run = Run.objects.get()
    assert (run.user, run.transport, run.state) == (person, "realtime", Run.State.SUCCEEDED)
    assert [frame["prompt"] for frame in run.output["frames"]] == ["violet", "green"]
    (moment,) = (
        candidate
        for candidate in timeline.moments(run)
        if candidate.what == "Started through the proxy"
    )
    assert moment.detail == "With the token “app”."


def test_a_session_can_be_ended_on_its_runs_page(gated, person):
    project = make_project("Acme", proxied="maker")
    _, secret = tokens.create(person, "app", ["run"], project=project)

    async def act(address: str) -> Any:
        headers = {"Authorization": f"Key {secret}"}
        # fal-client may double this path
        url = f"ws://{address}/api/fal/run/{LIVE}/realtime/realtime"
        async with connect(url, additional_headers=headers) as socket:
            await socket.send(paint("violet"))
            await result(socket)
            run = await Run.objects.aget()
            await sync_to_async(state_machine.request_cancel)(run.pk)
            message = await result(socket)
            await socket.wait_closed()
            return message, socket.close_code

    message, code = gated(act)
    assert (message["error"], code) == ("SESSION_ENDED", 1000)
    run = Run.objects.get()
    assert (run.state, run.project) == (Run.State.SUCCEEDED, project)


@pytest.mark.parametrize(
    ("model", "credential", "status"),
    [
        (LIVE, "none", 401),
        (LIVE, "forged", 401),
        (LIVE, "reader", 401),
        (LIVE, "other app", 403),
        (LIVE, "revoked", 401),
        (LIVE, "left", 401),
        (LIVE, "viewer", 403),
        (LIVE, "stranger", 403),
        ("sandbox/nothing", "key", 404),
        ("sandbox/scribe", "key", 404),
        (LIVE, "blocked", 403),
    ],
)
def test_a_session_is_refused_without_valid_credentials(
    gated, person, sandbox, model, credential, status
):
    row, secret = tokens.create(person, "app", ["run"])
    _, reader = tokens.create(person, "reader", ["read"])
    alias = "other" if credential == "other app" else "aurora"
    project = private_project(person)
    token = LiveToken(person.pk, row.pk, "", "", (alias,), project.pk).sign()
    query = f"?fal_jwt_token={token}" if credential in {"other app", "revoked"} else ""
    query = f"?fal_jwt_token={token}x" if credential == "forged" else query
    keys = {"key": secret, "reader": reader, "blocked": secret}
    keys |= {"viewer": secret, "stranger": secret}
    shared = make_project("Acme", **({"proxied": "viewer"} if credential == "viewer" else {}))
    query = f"?project={shared.slug}" if credential in {"viewer", "stranger"} else query
    if credential == "left":
        left = LiveToken(person.pk, row.pk, "", "", (alias,), shared.pk).sign()
        query = f"?fal_jwt_token={left}"
    headers = {"Authorization": f"Key {keys[credential]}"} if credential in keys else {}
    if credential == "revoked":
        tokens.revoke(None, row)
    if credential == "blocked":
        Endpoint.objects.filter(endpoint_id=LIVE).update(mark="blocked")

    async def act(address: str) -> tuple[dict[str, Any], Any, str]:
        url = f"ws://{address}/{model}/realtime{query}"
        async with connect(url, additional_headers=headers) as socket:
            error = json.loads(await socket.recv())
            await socket.wait_closed()
            return error, socket.close_code, str(socket.close_reason)

    error, code, reason = gated(act)
    assert (error["type"], error["error"]) == ("x-fal-error", DENIALS[status])
    assert error["reason"]
    assert (code, reason) == (1008, error["reason"].encode()[:123].decode(errors="ignore"))
    assert "realtime" not in sandbox.calls()


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/a/b/realtime", "a/b"),
        ("/live/a/b/c/realtime/", "a/b/c"),
        ("/api/fal/run/a/b/realtime/realtime", "a/b"),
        ("/live/", ""),
        ("/", ""),
    ],
)
def test_the_model_is_read_from_the_address(path, model):
    assert endpoint_id(path) == model
    assert is_session(path) == path.rstrip("/").endswith("/realtime")
