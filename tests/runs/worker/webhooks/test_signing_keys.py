"""The keys that verify webhooks: old, new, missing, and those of another account (C30)."""

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.utils import timezone

from runs.models import Run, UpstreamKeys, WebhookReport
from runs.worker.webhooks import deliveries
from tests.runs.signer import OUTPUT, Fal

State = Run.State


@pytest.mark.parametrize("age_h", [None, 25])
def test_deliveries_before_the_keys_arrive_are_stored_and_not_trusted(
    deliver, signer, make_run, transactional_db, age_h
):
    old = timezone.now() - timedelta(hours=age_h) if age_h else None
    UpstreamKeys.objects.update(fetched_at=old)
    run, victim = make_run(state=State.RUNNING), make_run(state=State.RUNNING)
    assert deliver(run, payload=OUTPUT) == 200
    assert deliver("nobody", payload=OUTPUT) == 200  # nothing is stored for an unknown run
    limit = deliveries.DELIVERIES_KEPT
    answers = [deliver(victim, payload=OUTPUT, signer=Fal()) for _ in range(9)]
    # fal repeats a delivery that got 429, which is then stored
    assert answers == [200] * limit + [429] * (9 - limit)
    run.refresh_from_db()
    assert run.state == "running"
    assert victim.webhook_reports.count() == deliveries.DELIVERIES_KEPT
    signer.tend()
    run.refresh_from_db()
    victim.refresh_from_db()
    assert (run.state, victim.state) == ("succeeded", "running")
    assert not WebhookReport.objects.exists()
    run.delete()  # the request belonged to this run
    assert deliver(victim, payload=OUTPUT) == 200
    assert Run.objects.get(pk=victim.pk).state == "succeeded"


def test_c30_a_flood_of_unknown_keys_causes_one_refetch(
    deliver, signer, make_run, transactional_db
):
    run = make_run(state=State.RUNNING)
    UpstreamKeys.objects.update(fetched_at=timezone.now() - timedelta(minutes=5))
    signer.tend()
    assert signer.fetched == []  # stored keys stay valid for hours
    signer.key = Ed25519PrivateKey.generate()
    assert deliver(run, payload=OUTPUT) == 401
    signer.tend()
    assert len(signer.fetched) == 1
    assert deliver(run, payload=OUTPUT) == 200  # fal repeats a refused delivery
    for _ in range(30):
        assert deliver(run, payload=OUTPUT, signer=Fal()) == 401
        signer.tend()
    assert len(signer.fetched) == 1


def test_c30_keys_that_change_right_after_a_fetch_are_fetched_at_once(
    deliver, signer, make_run, transactional_db
):
    run = make_run(state=State.RUNNING)
    UpstreamKeys.objects.all().delete()
    signer.tend()
    signer.key = Ed25519PrivateKey.generate()
    assert deliver(run, payload=OUTPUT) == 401
    signer.tend()
    assert deliver(run, payload=OUTPUT) == 200


def test_c30_a_flood_writes_one_refetch_request(deliver, make_run, django_assert_max_num_queries):
    run = make_run(state=State.RUNNING)
    deliver(run, payload=OUTPUT, signer=Fal())
    wanted = UpstreamKeys.objects.get().wanted_at
    for _ in range(5):
        with django_assert_max_num_queries(2):  # keys, run; nothing is written
            deliver(run, payload=OUTPUT, signer=Fal())
    assert UpstreamKeys.objects.get().wanted_at == wanted


def test_keys_tried_before_the_clock_was_set_back_are_fetched_at_once(
    deliver, signer, make_run, transactional_db
):
    """A run that only its webhook reported waited until the clock had caught up, for an hour."""
    run = make_run(state=State.RUNNING, request_id="r1")
    later = timezone.now() + timedelta(hours=1)
    UpstreamKeys.objects.update(fetched_at=None, tried_at=later)
    assert deliver(run, payload=OUTPUT) == 200
    signer.tend()
    run.refresh_from_db()
    assert run.state == State.SUCCEEDED


def test_the_account_is_remembered_and_other_accounts_are_refused(deliver, signer, make_run):
    run = make_run(state=State.QUEUED, request_id="r1", sent_at=timezone.now())
    assert deliver(run, payload=OUTPUT) == 200
    assert UpstreamKeys.objects.get().account == "user_42"
    early = make_run(state=State.SUBMITTING, sent_at=timezone.now())
    message = json.dumps({"request_id": "r2", "status": "OK", "payload": OUTPUT}).encode()
    path = f"/webhooks/fal/{early.webhook_token}/"

    def report(user: str) -> int:
        headers = signer.signed(message, "r2", user=user)
        return (
            Client()
            .post(path, message, content_type="application/json", headers=headers)
            .status_code
        )

    assert report("user_43") == 401
    early.refresh_from_db()
    assert early.state == State.SUBMITTING
    assert report("user_42") == 200
    early.refresh_from_db()
    assert early.state == State.SUCCEEDED


def test_a_key_of_another_account_updates_the_account(deliver, signer, make_run):
    UpstreamKeys.objects.update(account="user_1")
    run = make_run(state=State.QUEUED, request_id="r1", sent_at=timezone.now())
    assert deliver(run, payload=OUTPUT) == 200
    assert UpstreamKeys.objects.get().account == "user_42"
