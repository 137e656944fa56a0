"""Every run gets its charge; the accounts of people's days and of tokens become columns of it."""

from decimal import Decimal

from django.db import migrations
from django.db.models import Sum

FINAL = {"succeeded", "failed", "cancelled"}
IN_DOLLARS = {"", "USD"}
DOORS = {
    "cell": "board", "chat": "chat", "flow": "flow", "workflow": "flow", "api": "api",
}  # fmt: skip
FORMER = ("person-day", "token")
MOST = Decimal(10**9)
ROWS = 1000


def charge_runs(apps, schema_editor):
    charge = apps.get_model("playground", "Charge")
    entries = apps.get_model("playground", "LedgerEntry").objects
    former = entries.filter(account__kind="person-day")
    runs = apps.get_model("playground", "Run").objects.select_related("endpoint").only(
        "user_id", "project_id", "created_at", "state", "billable_units", "form_token",
        "endpoint__unit_price_usd", "endpoint__price_unit", "endpoint__currency",
    )  # fmt: skip
    keys = list(runs.order_by("created_at", "pk").values_list("pk", flat=True))
    for start in range(0, len(keys), ROWS):
        among = keys[start : start + ROWS]
        expected = dict(former.filter(run__in=among).values_list("run_id", "amount_usd"))
        tokens = dict(
            entries.filter(account__kind="token", run__in=among).values_list(
                "run_id", "account__key"
            )
        )
        charge.objects.bulk_create(
            charge(**_of(run, expected.get(run.pk), tokens.get(run.pk)))
            for run in runs.filter(pk__in=among)
        )
    purged = former.exclude(run__in=runs.order_by().values("pk")).select_related("account")
    charge.objects.bulk_create(
        [
            charge(
                run_id=entry.run_id, user_id=int(entry.account.key), created_at=entry.created_at,
                expected=entry.amount_usd, amount=entry.amount_usd, state=entry.state,
            )
            for entry in purged.iterator(ROWS)
        ],
        batch_size=ROWS,
    )  # fmt: skip


def _of(run, expected, token):
    """Return the columns of a run's charge, by the price of today."""
    endpoint = run.endpoint
    price = endpoint.unit_price_usd if endpoint.currency in IN_DOLLARS else None
    billed = _billed(run.billable_units, price)
    state = "reserved"
    if run.state in FINAL:
        is_due = billed is not None or run.state == "succeeded"
        state = "settled" if is_due else "released"
    return {
        "run_id": run.pk,
        "user_id": run.user_id,
        "project_id": run.project_id,
        "endpoint_id": endpoint.pk,
        "token_id": int(token) if token else None,
        "door": DOORS.get(run.form_token.partition("-")[0], "page"),
        "created_at": run.created_at,
        "unit_price": price,
        "price_unit": endpoint.price_unit,
        "expected": expected,
        "billed": billed,
        "amount": expected if billed is None else billed,
        "state": state,
    }


def _billed(units, price):
    if price is None or (price and not units):
        return None
    if not price:
        return Decimal(0)
    try:
        amount = Decimal(units) * price
    except ArithmeticError:
        return None
    return min(amount, MOST) if amount.is_finite() and amount >= 0 else None


def count_what_is_committed(apps, schema_editor):
    accounts = apps.get_model("playground", "LedgerAccount").objects
    entries = apps.get_model("playground", "LedgerEntry").objects
    entries.filter(account__kind__in=FORMER).delete()
    accounts.filter(kind__in=FORMER).delete()
    sums = entries.exclude(state="released").order_by().values_list("account")
    for pk, total in sums.annotate(total=Sum("amount_usd")):
        accounts.filter(pk=pk).update(committed=total or Decimal(0))


class Migration(migrations.Migration):
    dependencies = [("playground", "0039_charges")]

    operations = [
        migrations.RunPython(charge_runs, elidable=True),
        migrations.RunPython(count_what_is_committed, elidable=True),
    ]
