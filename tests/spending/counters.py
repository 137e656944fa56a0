"""What holds of the ledger's counters whenever nothing is under way."""

from __future__ import annotations

from runs import ledger
from runs.ledger import Counter, Scope
from runs.models import LedgerAccount


def require_counters_hold() -> int:
    """Assert that each counter has the sum of what it counts; returns how many there are."""
    rows = list(LedgerAccount.objects.filter(kind=LedgerAccount.Kind.SPENT))
    for row in rows:
        scope, _, key = row.key.partition(":")
        counter = Counter(Scope(scope), int(key), row.period)
        assert row.committed == ledger.total_of(ledger.charges_of(counter)), counter
    return len(rows)
