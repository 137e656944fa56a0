"""Signatures of webhooks follow fal's rules, and receivers do not notice when keys are replaced."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from fal.messages.webhooks import Verdict, public_keys, verdict
from features.notifications.delivery import signing_keys
from features.notifications.models import SigningKey

pytestmark = pytest.mark.django_db


BODY = b'{"request_id":"r"}'


def sign_body(now: datetime) -> dict[str, str]:
    return signing_keys.sign(signing_keys.current(now), "r", "user_1", BODY, now)


def check(headers: dict[str, str], jwks: dict[str, Any], body: bytes = BODY) -> Verdict:
    return verdict(headers, body, public_keys(jwks), float(headers["X-Fal-Webhook-Timestamp"]))


@pytest.mark.any_database
def test_fals_verifier_takes_our_signature_with_our_key_set():
    headers = sign_body(timezone.now())
    assert check(headers, signing_keys.jwks()) == Verdict.GENUINE
    assert check(headers, signing_keys.jwks(), BODY + b" ") == Verdict.UNKNOWN_KEY


@pytest.mark.any_database
def test_a_cached_key_set_always_has_the_signing_key():
    """For each day of a year, the key set of the day before verifies what is signed today."""
    start = timezone.now()
    signing_keys.maintain(start)
    copy = signing_keys.jwks()
    for day in range(1, 366):
        now = start + timedelta(days=day)
        signing_keys.maintain(now)
        assert check(sign_body(now), copy) == Verdict.GENUINE
        copy = signing_keys.jwks()
        assert check(sign_body(now), copy) == Verdict.GENUINE
        assert SigningKey.objects.count() <= 2
    assert SigningKey.objects.get().created_at > start + timedelta(days=180)


@pytest.mark.any_database
def test_the_private_key_is_encrypted_and_renewed_with_a_new_secret(settings):
    now = timezone.now()
    signing_keys.maintain(now)
    before = SigningKey.objects.get()
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another secret"
    signing_keys.maintain(now)
    assert SigningKey.objects.count() == 2
    assert check(sign_body(now), signing_keys.jwks()) == Verdict.GENUINE
    settings.SECRET_KEY_FALLBACKS = [former]
    assert signing_keys._decrypt(before) is not None
