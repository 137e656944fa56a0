"""The call that an address means; addresses that are not fal's are refused (C35).

The headers of fal's clients that apply to a run, and the values that are refused.
"""

import pytest
from django.http.request import HttpHeaders
from hypothesis import given
from hypothesis import strategies as st

from api.fal_proxy.submit_headers import InvalidHeader, parse_submit_headers
from api.fal_proxy.target import Action, Host, InvalidTarget, Target, parse

ID = "764cabcf-b745-4b3e-ae38-1200304cf45b"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://queue.fal.run/a/b/c", Target(Host.QUEUE, "a/b/c", {})),
        ("https://queue.fal.run/a/b/", Target(Host.QUEUE, "a/b", {})),
        ("https://fal.run/a/b?x=1", Target(Host.RUN, "a/b", {"x": "1"})),
        (
            f"https://queue.fal.run/a/b/requests/{ID}/status?logs=1",
            Target(Host.QUEUE, "a/b", {"logs": "1"}, ID, Action.STATUS),
        ),
        (
            f"https://queue.fal.run/a/b/requests/{ID}",
            Target(Host.QUEUE, "a/b", {}, ID, Action.RESULT),
        ),
        (
            f"https://queue.fal.run/workflows/a/b/requests/{ID}/cancel",
            Target(Host.QUEUE, "workflows/a/b", {}, ID, Action.CANCEL),
        ),
        (
            f"https://queue.fal.run/a/b/requests/{ID}/status/stream",
            Target(Host.QUEUE, "a/b", {}, ID, Action.STREAM),
        ),
    ],
)
def test_addresses_of_fal_are_parsed(address, expected):
    assert parse(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "fal.run/a/b",
        "http://fal.run/a/b",
        "https://fal.run.evil.com/a/b",
        "https://evilfal.run/a/b",
        "https://user@fal.run/a/b",
        "https://user:pw@queue.fal.run/a/b",
        "https://fal.run:8443/a/b",
        "https://fal.run:443/a/b",
        "https://127.0.0.1/a/b",
        "https://[::1]/a/b",
        "https://[fal.run/a/b",
        "https://evil.com\\@fal.run/a/b",
        "https://fal.run\\.evil.com/a/b",
        "https://fal.run /a/b",
        "https://fal.run\t/a/b",
        "https://api.fal.ai/v1/models",
        "https://xn--fal-run.run/a",
        "https://\uff46al.run/a/b",
        "file:///etc/passwd",
        "//fal.run/a/b",
        "https://queue.fal.run/a/b/requests/1/secrets",
        "https://fal.run/" + "a" * 5000,
    ],
)
def test_other_addresses_are_refused(address):
    with pytest.raises(InvalidTarget):
        parse(address)


@given(st.text(max_size=60))
def test_any_other_host_or_prefix_is_refused(text):
    for address in (text, f"https://{text}fal.run/a/b", f"https://fal.run{text}/a/b"):
        try:
            target = parse(address)
        except InvalidTarget:
            continue
        assert address.startswith(tuple(f"https://{host}" for host in Host))
        assert target.host in Host


def headers(**named: str) -> HttpHeaders:
    return HttpHeaders({f"HTTP_{name.upper()}": value for name, value in named.items()})


@pytest.mark.any_database
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
        ({"x_fal_queue_priority": "high"}, {}),
        ({"x_fal_tags": "a=1, a=2,b=3"}, {"tags": {"a": "2", "b": "3"}}),
        ({"x_fal_tags": "Team=fox,team,fal.x=1,ok=\u00fc,=1,,a=b"}, {"tags": {"a": "b"}}),
        (
            {"x_fal_tags": ",".join(f"k{n}=v" for n in range(3000))},
            {"tags": {f"k{n}": "v" for n in range(10)}},
        ),
        ({"x_fal_tags": f"a={'x' * 1020},b=1,c={'x' * 9}"}, {"tags": {"a": "x" * 1020}}),
        ({"x_fal_tags": f"k={'x' * 5000},a=b"}, {}),
        *(
            (
                {"x_fal_object_lifecycle_preference": f'{{"expiration_duration_seconds": {text}}}'},
                {"object_lifecycle": {"expiration_duration_seconds": seconds}},
            )
            for text, seconds in (("1", 1), ("315360000", 315_360_000), ("null", None))
        ),
        ({"x_fal_secret": "x", "cookie": "y", "authorization": "Key z"}, {}),
    ],
)
def test_known_headers_become_options(sent_headers, options):
    assert parse_submit_headers(headers(**sent_headers)) == options


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("x_fal_request_timeout", "soon", "seconds above 1"),
        ("x_fal_request_timeout", "1", "seconds above 1"),
        ("x_fal_request_start_timeout", "inf", "seconds above 1"),
        ("x_fal_request_start_timeout", "nan", "seconds above 1"),
        ("x_fal_runner_hint", "über", "printable ASCII"),
        ("x_fal_runner_hint", "x" * 4001, "longer than 4000"),
        ("x_fal_object_lifecycle_preference", "{", "not JSON"),
        ("x_fal_object_lifecycle_preference", "[60]", "a JSON object"),
        ("x_app_fal_disable_fallback", "maybe", "true or false"),
        *(
            (
                "x_fal_object_lifecycle_preference",
                f'{{"expiration_duration_seconds": {seconds}}}',
                "whole seconds from 1 to",
            )
            for seconds in (
                *("1e300", "99999999999999999999", "300000000000", "315360001", "0", "-1"),
                *("true", "60.5", '"60"', "[60]"),
            )
        ),
        ("x_fal_object_lifecycle_preference", '{"expiration_duration_seconds": 1e999}', "not JSON"),
        *(
            ("x_fal_request_timeout", seconds, "at most ten years")
            for seconds in ("1e300", "99999999999999999999", "315360001", "-5", "true")
        ),
    ],
)
def test_invalid_header_values_are_refused_with_a_reason(name, value, reason):
    with pytest.raises(InvalidHeader, match=reason):
        parse_submit_headers(headers(**{name: value}))
