"""Which headers of fal's clients go with a run, and which values are refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.http.request import HttpHeaders

from api.fal_proxy.submit_headers import InvalidHeader, parse_submit_headers

pytestmark = pytest.mark.any_database


def headers(**named: str) -> HttpHeaders:
    return HttpHeaders({f"HTTP_{name.upper()}": value for name, value in named.items()})


@pytest.mark.parametrize(
    ("sent_headers", "options"),
    [
        ({}, {}),
        ({"x_fal_queue_priority": "normal"}, {}),
        ({"x_fal_queue_priority": "low"}, {"priority": "low"}),
        ({"x_fal_request_timeout": "30.0"}, {"start_timeout_s": 30.0}),
        (
            {"x_fal_request_timeout": "30", "x_fal_request_start_timeout": "2.5"},
            {"start_timeout_s": 2.5},
        ),
        ({"x_fal_runner_hint": "session-7"}, {"hint": "session-7"}),
        ({"x_app_fal_disable_fallback": "true"}, {"disable_fallback": True}),
        ({"x_app_fal_disable_fallback": "0"}, {}),
        (
            {"x_fal_object_lifecycle_preference": '{"expiration_duration_seconds": 60}'},
            {"object_lifecycle": {"expiration_duration_seconds": 60}},
        ),
        ({"x_fal_secret": "x", "cookie": "y", "authorization": "Key z"}, {}),
    ],
)
def test_known_headers_become_options(
    sent_headers: dict[str, str], options: dict[str, Any]
) -> None:
    assert parse_submit_headers(headers(**sent_headers)) == options


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("x_fal_queue_priority", "high", "one of normal, low"),
        ("x_fal_request_timeout", "soon", "seconds above 1"),
        ("x_fal_request_timeout", "1", "seconds above 1"),
        ("x_fal_request_start_timeout", "inf", "seconds above 1"),
        ("x_fal_request_start_timeout", "nan", "seconds above 1"),
        ("x_fal_runner_hint", "über", "printable ASCII"),
        ("x_fal_runner_hint", "x" * 4001, "longer than 4000"),
        ("x_fal_object_lifecycle_preference", "{", "not JSON"),
        ("x_fal_object_lifecycle_preference", "[60]", "a JSON object"),
        ("x_app_fal_disable_fallback", "maybe", "true or false"),
    ],
)
def test_invalid_header_values_are_refused_with_a_reason(
    name: str, value: str, reason: str
) -> None:
    with pytest.raises(InvalidHeader, match=reason):
        parse_submit_headers(headers(**{name: value}))
