"""Writes a month of bills into the database of a started Vitrine, for the screenshots of money.

`python -m bench.money_rows`, with the settings of that Vitrine and after `bench.team`. Prints the
path of an alarm, and the slug of a project of which next to nothing is left of fifty dollars.
"""

from __future__ import annotations

import os
import random
import uuid
from datetime import timedelta
from decimal import Decimal

import django

from bench.team import FOX, HARBOUR, POSTERS

DAYS = 45
LIMIT, LEFT = Decimal(50), Decimal("0.0005")
MODELS = ("sandbox/aurora", "sandbox/ridgeline", "sandbox/aurora/lite")
DOORS = ("page", "page", "board", "flow", "api", "chat")
REALLY = Decimal("0.049")  # what fal bills for a picture of the first model
TOO_MUCH = Decimal("4.80")


def main() -> None:
    """Write the rows."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    from projects.models import Project
    from spending.alarms import detection
    from spending.models import Alarm

    with transaction.atomic():
        _charge_days()
        alarmed = _bill_runs()
    detection.check_settled()
    call_command("measure_prices", verbosity=0)
    alarm = Alarm.objects.get(run_id=alarmed)
    print(alarm.get_absolute_url(), Project.objects.get(name=FOX).slug)


def _charge_days() -> None:
    """Write what people have spent each day; in one project nearly all of its budget today."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from catalog.models import Endpoint
    from projects.models import Project
    from runs.costs import ledger
    from runs.models import Charge

    dice, now = random.Random(7), timezone.now()
    people = list(User.objects.filter(username__in=["ben", "cleo", "dan"]).order_by("username"))
    projects = {row.name: row for row in Project.objects.filter(name__in=[FOX, HARBOUR, POSTERS])}
    models = list(Endpoint.objects.filter(endpoint_id__in=MODELS).order_by("endpoint_id"))

    def charge(project: str, amount: Decimal, days: int) -> Charge:
        return Charge(
            run_id=uuid.UUID(int=dice.getrandbits(128)), user=dice.choice(people),
            project=projects[project], endpoint=dice.choice(models), door=dice.choice(DOORS),
            created_at=now - timedelta(days=days), expected=amount, billed=amount, amount=amount,
            state="settled",
        )  # fmt: skip

    charges = [
        charge(dice.choice([HARBOUR, HARBOUR, POSTERS]), Decimal(dice.randint(2, 90)) / 100, day)
        for day in range(1, DAYS)
        for _ in range(dice.randint(0, 6))
    ]
    sums = ledger.spent_by_each(ledger.Scope.PROJECT, "from 2000-01-01")
    spent = dict(sums).get(projects[FOX].pk, Decimal(0))
    ledger.write_charges([*charges, charge(FOX, LIMIT - LEFT - spent, 0)])


def _bill_runs() -> uuid.UUID:
    """Bill runs of the first model by events, and one of the second far too high; return that."""
    from runs.costs import ledger
    from runs.models import Artifact, Charge

    ended = Charge.objects.filter(state="settled", run__state="succeeded").order_by("created_at")
    for charge in ended.filter(endpoint__endpoint_id=MODELS[0]):
        pictures = Artifact.objects.filter(run=charge.run_id).count()
        ledger.report(uuid.UUID(str(charge.run_id)), REALLY * pictures)
    alarmed = ended.filter(endpoint__endpoint_id=MODELS[1])[0]
    ledger.report(uuid.UUID(str(alarmed.run_id)), TOO_MUCH)
    return uuid.UUID(str(alarmed.run_id))


if __name__ == "__main__":
    main()
