"""The worker deletes expired rows, a thousand sessions at a time."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import housekeeping, single_use
from accounts.models import LoginLink, SpentToken
from accounts.sign_in import login_links
from core.notify import channel
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.main import Worker

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def test_only_expired_rows_are_deleted(member, user):
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.create(session_key="old", session_data="", expire_date=past)
    login_links.create(user)
    LoginLink.objects.update(expires_at=past)
    single_use.spend("old", -1)
    single_use.spend("new", 60)
    assert housekeeping.delete_expired() == housekeeping.EVERY_S
    assert not Session.objects.filter(session_key="old").exists()
    assert member.get("/runs/").status_code == 200
    assert not LoginLink.objects.exists()
    assert SpentToken.objects.count() == 1


def test_many_expired_rows_are_deleted_in_batches(db):
    past = timezone.now() - timedelta(seconds=1)
    for number in range(5):
        Session.objects.create(session_key=str(number), session_data="", expire_date=past)
    pauses = [housekeeping.delete_expired(batch_rows=2) for _ in range(3)]
    assert pauses == [1.0, 1.0, housekeeping.EVERY_S]
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_worker_deletes_expired_rows():
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.create(session_key="old", session_data="", expire_date=past)
    upstream: Any = SimpleNamespace(account=None, thumbnails=None, addresses=None, platform=None)
    worker = Worker(upstream, BreakerRegistry(), has_key=False)
    (job,) = [job for job in worker.jobs(channel.Signal()) if job.name == "delete expired rows"]

    async def run() -> float:
        return await job.run()

    assert asyncio.run(run()) == housekeeping.EVERY_S
    assert not Session.objects.exists()
