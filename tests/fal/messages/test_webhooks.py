"""Webhooks as in section 10: their signatures and their contents."""

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fal.messages import webhooks
from fal.messages.webhooks import Report, Verdict, public_keys, verdict

NOW = 1760000000
SEED = bytes(range(32))
JWK: dict[str, Any] = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
}
KEYS = public_keys({"keys": [JWK]})
REQUEST = "123e4567-e89b-12d3-a456-426614174000"
BODY_A = (
    b'{"request_id":"123e4567-e89b-12d3-a456-426614174000","gateway_request_id":"123e4567-e89b-12d3'
    b'-a456-426614174000","status":"OK","payload":{"images":[{"url":"https://v3.fal.media/files/x/a'
    b'.png","content_type":"image/png"}],"seed":42}}'
)
BODY_B = (
    b'{"request_id":"123e4567-e89b-12d3-a456-426614174000","gateway_request_id":"123e4567-e89b-12d3'
    b'-a456-426614174000","status":"ERROR","error":"Invalid status code: 422","payload":{"detail":['
    b'{"loc":["body","prompt"],"msg":"field required","type":"missing"}]}}'
)
SIGNED_A = (
    "91a32b29ef29d38fa43efb76b653e370c228998957b872e3e282290f89cb7726"
    "2a6e7a6e504bb78948da7c3068fba2fee2c0bde31916874030cbe605ecd2a908"
)
SIGNED_B = (
    "2563e6e350677244530aed65bb715b022f9c9f26a2bb332f9fe4cb0548f9ba66"
    "fcf4390e809abaf8b4142f735c8407b7fcc257d6bfea3ffac4fbbb597c0e2f04"
)


def headers(signature: str = SIGNED_A, **changed: str) -> dict[str, str]:
    values = {"Request-Id": REQUEST, "User-Id": "user_42", "Timestamp": str(NOW)}
    values |= {"Signature": signature} | {k.replace("_", "-"): v for k, v in changed.items()}
    return {f"X-Fal-Webhook-{name}": value for name, value in values.items()}


def sign(body: bytes, request_id: str = REQUEST, at: int = NOW) -> dict[str, str]:
    parts = [request_id, "user_42", str(at), hashlib.sha256(body).hexdigest()]
    signature = Ed25519PrivateKey.from_private_bytes(SEED).sign("\n".join(parts).encode())
    return headers(signature.hex(), Request_Id=request_id, Timestamp=str(at))


@pytest.mark.parametrize(("body", "signature"), [(BODY_A, SIGNED_A), (BODY_B, SIGNED_B)])
def test_c26_the_test_vectors_verify_in_any_letter_case(body, signature):
    assert (len(BODY_A), len(BODY_B)) == (232, 254)
    assert verdict(headers(signature), body, KEYS, NOW) is Verdict.GENUINE
    assert verdict(headers(signature.upper()), body, KEYS, NOW) is Verdict.GENUINE
    lower = {name.lower(): value for name, value in headers(signature).items()}
    assert verdict(lower, body, KEYS, NOW) is Verdict.GENUINE


@pytest.mark.parametrize(
    ("seconds", "is_genuine"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)]
)
def test_c26_timestamps_within_five_minutes_are_accepted(seconds, is_genuine):
    result = verdict(headers(), BODY_A, KEYS, NOW + seconds)
    assert result is (Verdict.GENUINE if is_genuine else Verdict.MALFORMED)


@pytest.mark.parametrize(
    ("signed_headers", "body"),
    [
        (headers(), bytes([BODY_A[0], BODY_A[1] ^ 1]) + BODY_A[2:]),
        (headers(), BODY_B),
        (headers(), BODY_A + b"\n"),
        (headers(), b""),
        (headers(User_Id="user_43"), BODY_A),
        (headers(Request_Id=REQUEST.upper()), BODY_A),
        (headers(Timestamp=str(NOW + 1)), BODY_A),
        (headers(Timestamp=f"0{NOW}"), BODY_A),
        (headers(User_Id="\udcff"), BODY_A),
    ],
)
def test_c26_a_changed_delivery_is_refused(signed_headers, body):
    assert verdict(signed_headers, body, KEYS, NOW) is Verdict.UNKNOWN_KEY


@pytest.mark.parametrize(
    "changed",
    [
        {"Signature": SIGNED_A[:-2]},
        {"Signature": SIGNED_A + "00"},
        {"Signature": SIGNED_A[:-1] + "g"},
        {"Signature": " " + SIGNED_A[1:]},
        {"Timestamp": "soon"},
        {"Timestamp": f"{NOW}.0"},
        {"Timestamp": f"+{NOW}"},
        {"Timestamp": "9" * 400},
        {"Timestamp": "١٧٦٠٠٠٠٠٠٠"},
    ],
)
def test_c26_malformed_headers_are_refused_before_any_key_is_tried(changed):
    assert verdict(headers(**changed), BODY_A, KEYS, NOW) is Verdict.MALFORMED


@pytest.mark.parametrize("name", webhooks.HEADERS)
@pytest.mark.parametrize("value", [None, ""])
def test_c26_a_missing_header_is_refused(name, value):
    signed_headers = {key.lower(): text for key, text in headers().items()}
    del signed_headers[name]
    if value is not None:
        signed_headers[name] = value
    assert verdict(signed_headers, BODY_A, KEYS, NOW) is Verdict.MALFORMED


@given(st.binary(max_size=200), st.integers(0, 199))
def test_c27_no_byte_can_be_changed(body, at):
    signed_headers = sign(body)
    assert verdict(signed_headers, body, KEYS, NOW) is Verdict.GENUINE
    if body:
        at %= len(body)
        forged = body[:at] + bytes([body[at] ^ 0x10]) + body[at + 1 :]
        assert verdict(signed_headers, forged, KEYS, NOW) is Verdict.UNKNOWN_KEY


def test_every_usable_key_of_the_set_is_tried():
    other = {**JWK, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    strange = [{"kty": "RSA", "n": "x"}, {"x": "short"}, {**JWK, "x": "*"}, {**JWK, "x": 5}, 7]
    usable_keys = public_keys({"keys": [*strange, other, JWK]})
    assert len(usable_keys) == 2
    assert verdict(headers(), BODY_A, usable_keys, NOW) is Verdict.GENUINE
    assert verdict(headers(), BODY_A, usable_keys[:1], NOW) is Verdict.UNKNOWN_KEY
    assert verdict(headers(), BODY_A, [b"no key"], NOW) is Verdict.UNKNOWN_KEY


@pytest.mark.parametrize("jwks", [None, [], {}, {"keys": None}, {"keys": 5}, {"keys": {"a": 1}}])
def test_a_malformed_key_set_is_empty(jwks):
    assert public_keys(jwks) == []


def test_c29_a_webhook_error_equals_the_queues_error():
    failure = Report.from_bytes(BODY_B).failure
    assert failure
    assert (failure.status, failure.type) == (422, "missing")
    assert failure.detail == [
        {"loc": ["body", "prompt"], "msg": "field required", "type": "missing"}
    ]
    assert failure.message == "prompt: field required"


@pytest.mark.parametrize("payload", [None, {}, "text"])
def test_an_error_without_a_payload_keeps_its_text(payload):
    raw = {"request_id": "r", "status": "ERROR", "error": "Runner lost", "payload": payload}
    failure = Report.from_bytes(json.dumps(raw).encode()).failure
    assert failure
    assert (failure.message, failure.status, failure.request_id) == ("Runner lost", None, "r")


def test_c29_a_missing_payload_must_be_fetched():
    raw = {"request_id": "r", "status": "OK", "payload": None, "payload_error": "Not serializable"}
    report = Report.from_bytes(json.dumps(raw).encode())
    assert not report.has_output
    assert report.failure is None
    assert Report.from_bytes(BODY_A).has_output


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"request_id": 5}', b"\xff", b"[" * 100_000, b"nonsense"]
)
def test_a_malformed_report_raises(body):
    with pytest.raises(ValueError, match=r"."):
        Report.from_bytes(body)


def test_a_19_digit_seed_arrives_exactly():
    body = b'{"request_id":"r","status":"OK","payload":{"seed":1234567890123456789}}'
    assert Report.from_bytes(body).payload == {"seed": 1234567890123456789}
