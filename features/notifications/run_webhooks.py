"""Webhooks for runs of the API: one requested by the caller, or a channel for all of them."""

from __future__ import annotations

from django.db import transaction

from core.db import clock
from core.notify import channel as wake_up
from features.notifications.models import Channel, Delivery, Method
from runs.models import Run


def attach(run: Run, address: str) -> None:
    """Report the run's end to a vetted address; called in the transaction that creates the run."""
    Delivery.objects.create(
        user_id=run.user_id,
        method=Method.RUNS,
        address=address,
        run=run,
        state=Delivery.State.WAITING,
    )


def address_of(run: Run) -> str:
    """Return the address passed to `attach`; empty without one."""
    own = Delivery.objects.filter(run=run, channel=None).values_list("address", flat=True)
    return own.first() or ""


def release(run: Run) -> None:
    """Send the ended run's webhooks; repeated calls have no effect."""
    now = clock.now()
    with transaction.atomic():
        waiting_deliveries = Delivery.objects.filter(run=run, state=Delivery.State.WAITING)
        waiting_deliveries.update(state=Delivery.State.PENDING, next_attempt_at=now)
        channels = Channel.objects.owned_by(run.user).filter(method=Method.RUNS, is_paused=False)
        Delivery.objects.bulk_create(
            [
                Delivery(
                    user_id=run.user_id,
                    method=Method.RUNS,
                    address=channel.address,
                    channel=channel,
                    run=run,
                    next_attempt_at=now,
                )
                for channel in channels
            ],
            ignore_conflicts=True,
        )
        wake_up.notify()
