"""Throttles password attempts; counts are in the database, shared by every process.

An attempt is counted before its password is checked, so that concurrent attempts cannot exceed the
limit together. A success takes its own count back.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import SignInCounter
from core.http.client_addresses import network


@dataclass(frozen=True)
class Rule:
    """After `free` failures the wait before each next attempt doubles, up to `longest_wait_s`."""

    free: int
    first_wait_s: int
    longest_wait_s: int
    forget_after_s: int = 3600

    def wait_s(self, failures: int) -> int:
        """Return the seconds to wait after this many failures."""
        if failures < self.free:
            return 0
        doublings = min(failures - self.free, 20)
        return min(self.first_wait_s << doublings, self.longest_wait_s)


# The pair's rule is strict. An address may be shared by colleagues, so its rule is looser. The
# account's rule stops guesses from many addresses; it does not apply to an address from which the
# account has signed in lately, so that an attacker cannot lock the owner out.
PAIR, ADDRESS, ACCOUNT = "account and address", "address", "account"
RULES = {
    PAIR: Rule(free=5, first_wait_s=30, longest_wait_s=900),
    ADDRESS: Rule(free=20, first_wait_s=60, longest_wait_s=900),
    ACCOUNT: Rule(free=50, first_wait_s=30, longest_wait_s=300),
}
TRUSTED_FOR = timedelta(days=30)


def record_attempt(account: str, address: str) -> int:
    """Count an attempt; return 0 if the password may be checked, else the seconds to wait.

    An attempt that has to wait is not counted.
    """
    now, keys = timezone.now(), _keys(account, address)
    with transaction.atomic():
        rows = _lock_rows(keys, now)
        if wait_s := _wait_s(rows, now):
            return wait_s
        for scope, row in rows.items():
            _add_failure(row, RULES[scope], now)
        _save(rows.values())
    return 0


def record_success(account: str, address: str) -> None:
    """Undo what `record_attempt` counted, after the password was correct."""
    now, keys = timezone.now(), _keys(account, address)
    with transaction.atomic():
        rows = _lock_rows(keys, now)
        for scope, row in rows.items():
            row.failures = 0 if scope == PAIR else max(row.failures - 1, 0)
            row.wait_until = None if row.failures < RULES[scope].free else row.wait_until
            row.updated_at = now
        rows[PAIR].signed_in_at = now
        _save(rows.values())


def wait_s(account: str, address: str) -> int:
    """Return the seconds that the next attempt has to wait; changes nothing."""
    keys = _keys(account, address)
    by_key = SignInCounter.objects.in_bulk(keys.values())
    rows = {scope: by_key[key] for scope, key in keys.items() if key in by_key}
    return _wait_s(rows, timezone.now())


def wait_key(account: str, address: str) -> str:
    """Return a text that identifies the present wait; empty if there is none."""
    rows = SignInCounter.objects.filter(pk__in=_keys(account, address).values())
    row = rows.filter(wait_until__gt=timezone.now()).order_by("wait_until").last()
    return f"{row.pk} {row.wait_until}" if row else ""


def delete_expired() -> None:
    """Delete the counters that no rule needs any more."""
    now = timezone.now()
    idle = now - timedelta(seconds=max(rule.forget_after_s for rule in RULES.values()))
    old = SignInCounter.objects.filter(updated_at__lt=idle)
    old.filter(signed_in_at=None).delete()
    old.filter(signed_in_at__lt=now - TRUSTED_FOR).delete()


def format_wait(seconds: int) -> str:
    """Format a waiting time, rounded up: `90 seconds`, `3 minutes`."""
    count, unit = (seconds, "second") if seconds < 120 else (math.ceil(seconds / 60), "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _keys(account: str, address: str) -> dict[str, str]:
    """Return the counters' keys by scope; hashed, because people type passwords as names too."""
    name = unicodedata.normalize("NFKC", account).casefold()
    client = network(address)
    key_parts = {PAIR: (PAIR, name, client), ADDRESS: (ADDRESS, client), ACCOUNT: (ACCOUNT, name)}
    return {
        scope: hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        for scope, parts in key_parts.items()
    }


def _lock_rows(keys: dict[str, str], now: datetime) -> dict[str, SignInCounter]:
    """Lock and return the rows by scope, creating missing ones.

    Rows are locked in the order of their keys, to avoid deadlocks.
    """
    new = [SignInCounter(key=key, updated_at=now) for key in sorted(keys.values())]
    SignInCounter.objects.bulk_create(new, ignore_conflicts=True)
    rows = SignInCounter.objects.select_for_update().filter(pk__in=keys.values()).order_by("pk")
    by_key = {row.pk: row for row in rows}
    return {scope: by_key[key] for scope, key in keys.items()}


def _wait_s(rows: dict[str, SignInCounter], now: datetime) -> int:
    trusted = rows[PAIR].signed_in_at if PAIR in rows else None
    is_trusted = trusted is not None and now - trusted < TRUSTED_FOR
    waits_s = [
        math.ceil((row.wait_until - now).total_seconds())
        for scope, row in rows.items()
        if row.wait_until and not (scope == ACCOUNT and is_trusted)
    ]
    return max([0, *waits_s])


def _add_failure(row: SignInCounter, rule: Rule, now: datetime) -> None:
    if now - row.updated_at > timedelta(seconds=rule.forget_after_s):
        row.failures = 0
    row.failures += 1
    pause_s = rule.wait_s(row.failures)
    row.wait_until = now + timedelta(seconds=pause_s) if pause_s else None
    row.updated_at = now


def _save(rows: Iterable[SignInCounter]) -> None:
    fields = ["failures", "wait_until", "signed_in_at", "updated_at"]
    SignInCounter.objects.bulk_update(rows, fields)
