"""Amounts of money in words: what something may cost, and what it has cost.

Every page, API answer and refusal uses these functions, or `Estimate.label`, which is made of them.
"""

from __future__ import annotations

from decimal import Decimal

from core.formatting import money
from core.provided import Provided

UNKNOWN = "Price unknown"
FREE = "Free"


@Provided
def nobody_pays() -> bool:
    """Whether prices are only for show, as those of the sandbox: pages do not name them.

    `runs.progress.current_upstream.is_free` provides the answer.
    """
    return False


def label_for_pages(text: str) -> str:
    """Return an amount as pages show it: empty where nobody pays."""
    return "" if nobody_pays() else text


def about(amount: Decimal, currency: str = "USD") -> str:
    """Return `about $0.10`."""
    return between(amount, amount, currency)


def between(low: Decimal, high: Decimal | None, currency: str = "USD") -> str:
    """Return `$0.10 to $0.20`, `about $0.10`, `up to $0.20`; without a limit `at least $0.10`."""
    least = money(low, currency)
    if high is None:
        return f"at least {least}"
    most = money(high, currency)
    if least == most:
        return f"about {least}"
    return f"{least} to {most}" if low else f"up to {most}"


def computed(amount: Decimal, currency: str = "USD") -> str:
    """Return `≈ $0.10`: what we have computed of what something has cost."""
    return f"≈ {money(amount, currency)}"
