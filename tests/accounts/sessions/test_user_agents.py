"""Browsers and systems, recognised by their headers."""

import pytest

from accounts.sessions.active_sessions import UNKNOWN, device

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Version/17 Safari/605.1", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 14) {CHROME} Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("", UNKNOWN),
        ("<script>", UNKNOWN),
    ],
)  # fmt: skip
def test_a_device_is_named_from_its_user_agent(agent: str, name: str) -> None:
    assert device(agent) == name
