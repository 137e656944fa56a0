"""A worker in a hurry: short leases and pauses, so that what takes a quarter of a minute takes a second.

SKEW_S sets its clock off.
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

import django


def main() -> None:
    """Work like `manage.py worker`."""
    django.setup()
    from django.utils import timezone

    from playground import archivist, leases, unconfirmed
    from playground.management.commands.worker import work

    leases.LEASE, leases.RENEW_EVERY_S = timedelta(seconds=2), 0.5
    archivist.TAKEN_FOR, archivist.FIRST_PAUSE_S = timedelta(seconds=3), 0.3  # type: ignore[assignment]
    unconfirmed.FIRST_LOOK = timedelta(seconds=0.5)
    skew = timedelta(seconds=float(os.environ.get("SKEW_S", "0")))
    real = timezone.now
    timezone.now = lambda: real() + skew
    asyncio.run(work())


if __name__ == "__main__":
    main()
