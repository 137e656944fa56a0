"""Our signatures verify by fal's rules; keys are replaced without a receiver noticing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from fal.messages.webhooks import Verdict, public_keys, verdict
from notifications.delivery import signing_keys
from notifications.models import SigningKey

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
BODY = b'{"request_id":"r"}'


def signed(now: datetime) -> dict[str, str]:
    return signing_keys.sign(signing_keys.current(now), "r", "user_1", BODY, now)


def check(headers: dict[str, str], jwks: dict[str, Any], body: bytes = BODY) -> Verdict:
    return verdict(headers, body, public_keys(jwks), float(headers["X-Fal-Webhook-Timestamp"]))


def test_fals_verifier_takes_our_signature_with_our_key_set() -> None:
    headers = signed(timezone.now())
    assert check(headers, signing_keys.jwks()) == Verdict.GENUINE
    assert check(headers, signing_keys.jwks(), BODY + b" ") == Verdict.UNKNOWN_KEY


def test_a_cached_key_set_always_has_the_signing_key() -> None:
    """A day at a time for a year: what is signed verifies by the key set of the day before."""
    start = timezone.now()
    signing_keys.maintain(start)
    copy = signing_keys.jwks()
    for day in range(1, 366):
        now = start + timedelta(days=day)
        signing_keys.maintain(now)
        assert check(signed(now), copy) == Verdict.GENUINE
        copy = signing_keys.jwks()
        assert check(signed(now), copy) == Verdict.GENUINE
        assert SigningKey.objects.count() <= 2
    assert SigningKey.objects.get().created_at > start + timedelta(days=180)


def test_the_private_key_is_encrypted_and_renewed_with_a_new_secret(settings: Any) -> None:
    now = timezone.now()
    signing_keys.maintain(now)
    before = SigningKey.objects.get()
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another secret"
    signing_keys.maintain(now)
    assert SigningKey.objects.count() == 2
    assert check(signed(now), signing_keys.jwks()) == Verdict.GENUINE
    settings.SECRET_KEY_FALLBACKS = [former]
    assert signing_keys._decrypt(before) is not None
