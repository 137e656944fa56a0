"""The client sends its token to its own server alone, also when a file is elsewhere."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cli.client import Client
from cli.errors import CommandFailed, Exit

BASE = "https://vitrine.example"


def client(answer: httpx.Response | None = None) -> tuple[Client, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path == "/redirected":
            return httpx.Response(302, headers={"Location": "https://media.example/x"})
        return answer or httpx.Response(200, content=b"bytes")

    headers = {"Authorization": "Bearer vitrine_x"}
    transport = httpx.MockTransport(respond)
    return Client(httpx.Client(transport=transport, base_url=BASE, headers=headers)), seen


@pytest.mark.parametrize(
    ("url", "tokens"),
    [
        (f"{BASE}/runs/1/artifacts/0/", ["Bearer vitrine_x"]),
        (f"{BASE}:443/x", ["Bearer vitrine_x"]),
        (f"{BASE}/redirected", ["Bearer vitrine_x", ""]),
        (f"{BASE}:8443/x", [""]),
        ("http://vitrine.example/x", [""]),
        ("https://media.example/x", [""]),
        ("https://vitrine.example.evil.example/x", [""]),
    ],
)
def test_the_token_is_for_our_origin(tmp_path: Path, url: str, tokens: list[str]) -> None:
    found, seen = client()
    found.download(url, tmp_path / "file")
    assert [one.headers.get("Authorization", "") for one in seen] == tokens
    assert (tmp_path / "file").read_bytes() == b"bytes"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (httpx.Response(200, text="<html>"), Exit.UNREACHABLE, "no Vitrine"),
        (httpx.Response(502, text="<html>"), Exit.UNREACHABLE, "status 502"),
        (httpx.Response(401, json={"detail": "Send a token."}), Exit.REFUSED, "Send a token"),
        (httpx.Response(422, json=["odd"]), Exit.REFUSED, "status 422"),
    ],
)
def test_any_answer_is_explained(answer: httpx.Response, code: Exit, said: str) -> None:
    found, _ = client(answer)
    with pytest.raises(CommandFailed, match=said) as failure:
        found.get("/me")
    assert failure.value.code == code
