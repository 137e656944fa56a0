"""Writes charges of any day, as the ledger does, and reads the page that shows them."""

import re
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from catalog.models import Endpoint
from projects.models import Project
from projects.models.project import private_project
from runs.costs import ledger
from runs.models import Charge


def days_ago(number: int) -> date:
    return timezone.localdate() - timedelta(days=number)


def noon(day: date) -> datetime:
    """Return the middle of a day, or this moment for today."""
    if day == timezone.localdate():
        return timezone.now()
    return timezone.make_aware(datetime.combine(day, time(12)))


def charge(
    user: User,
    amount: str | Decimal | None = "1.00",
    day: date | None = None,
    project: Project | None = None,
    endpoint: Endpoint | None = None,
    **values: Any,
) -> Charge:
    """Write a charge: of today and settled, unless arguments say otherwise."""
    sum_of_it = None if amount is None else Decimal(amount)
    row = Charge(
        user=user,
        project=project or private_project(user),
        endpoint=endpoint,
        created_at=noon(day or timezone.localdate()),
        **{
            "run_id": uuid.uuid4(),
            "expected": sum_of_it,
            "door": "page",
            "state": "settled",
            **values,
        },
    )
    with transaction.atomic():
        ledger.write_charges([row])
    # The other figures of a settled charge are those of its bill.
    if row.state == "settled" and "billed" not in values:
        Charge.objects.filter(pk=row.pk).update(billed=F("expected"))
    return row


def total_of_page(client: Client, query: str = "") -> Decimal:
    page = client.get(f"/spend/{query}")
    assert page.status_code == 200, page.content
    (value,) = re.findall(r'<data data-total value="([0-9.]+)">', page.content.decode())
    return Decimal(value)


def text_of(page: Any) -> str:
    """Return a page's markup in one line."""
    return " ".join(page.content.decode().split())


def bill(row: Charge, amount: str | Decimal) -> None:
    """Record upstream's billing event for a charge's run."""
    assert row.run_id is not None
    with transaction.atomic():
        assert ledger.report(row.run_id, Decimal(amount)) is not None
