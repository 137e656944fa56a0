"""Any number of workers sends a delivery once, retries after failures, and logs the attempts."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.utils import timezone

from fal.messages.webhooks import Verdict, public_keys, verdict
from features.notifications import display, outbox, run_ends
from features.notifications.delivery import sending, signing_keys
from features.notifications.delivery.messages import Outcome
from features.notifications.models import Channel, Delivery, Notification, RunEnd, SigningKey
from house.operations.retention import expired
from projects import members
from tests.projects.people import make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
Tell = Callable[..., bool]
MakeChannel = Callable[..., Channel]
Send = Callable[[], float]


def only_delivery() -> Delivery:
    return Delivery.objects.get()


def next_attempt() -> datetime:
    at = only_delivery().next_attempt_at
    assert at
    return at


def make_due() -> None:
    Delivery.objects.filter(state="pending").update(
        next_attempt_at=timezone.now() - timedelta(seconds=1)
    )


def test_a_webhook_signature_passes_fals_verifier(make_channel, tell, send, receiver):
    make_channel()
    tell()
    send()
    (request,) = receiver.requests
    keys = public_keys(signing_keys.jwks())
    result = verdict(request.headers, request.content, keys, timezone.now().timestamp())
    assert result == Verdict.GENUINE
    body = json.loads(request.content)
    assert body["request_id"] == request.headers["x-fal-webhook-request-id"]
    assert (body["kind"], body["subject"], body["url"]) == (
        "run_finished", "Done <1>", "http://127.0.0.1:8000/runs/1/",
    )  # fmt: skip
    assert (only_delivery().state, only_delivery().attempts, only_delivery().log[0]["status"]) == (
        "delivered",
        1,
        200,
    )
    send()
    assert len(receiver.requests) == 1


def test_slack_gets_its_own_markup_with_everything_escaped(make_channel, tell, send, receiver):
    make_channel("slack")
    tell()
    send()
    (request,) = receiver.requests
    assert json.loads(request.content) == {
        "text": "*Done &lt;1&gt;*\nIt &amp; you.\n<http://127.0.0.1:8000/runs/1/|Open>"
    }
    assert not SigningKey.objects.exists()


def test_mail_is_sent_to_the_accounts_address(user, make_channel, tell, send, settings):
    settings.EMAIL_URL = "smtp://localhost"
    User.objects.filter(pk=user.pk).update(email="ana@example.com")
    user.refresh_from_db()
    make_channel("email", address="")
    tell()
    send()
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ana@example.com"], "Done <1>")
    assert "It & you.\n\nhttp://127.0.0.1:8000/runs/1/" in str(sent.body)
    assert only_delivery().state == "delivered"


@pytest.mark.parametrize(
    ("url", "reason"),
    [("", sending.NO_MAIL_SERVER), ("smtp://x", sending.NO_ADDRESS)],
    ids=["no-server", "no-address"],
)
def test_a_mail_error_gives_the_reason(make_channel, tell, send, settings, url, reason):
    settings.EMAIL_URL = url
    make_channel("email", address="")
    tell()
    send()
    assert (only_delivery().state, only_delivery().log[-1]["error"]) == ("failed", reason)


def test_a_failed_delivery_is_retried_until_accepted(make_channel, tell, send, receiver):
    receiver.statuses = [500, 503, 200]
    receiver.headers = {"retry-after": "1200"}
    make_channel()
    tell()
    send()
    assert next_attempt() - timezone.now() < timedelta(seconds=20)
    send()
    assert len(receiver.requests) == 1
    make_due()
    send()
    assert next_attempt() - timezone.now() > timedelta(minutes=19)
    make_due()
    send()
    assert only_delivery().state == "delivered"
    assert [entry["status"] for entry in only_delivery().log] == [500, 503, 200]


def test_a_delivery_is_abandoned_after_ten_attempts_and_can_be_retried(
    make_channel, tell, send, receiver
):
    receiver.statuses = [500]
    make_channel()
    tell()
    for _ in range(12):
        make_due()
        send()
    assert len(receiver.requests) == sending.MAX_ATTEMPTS == 10
    assert only_delivery().state == "failed"
    receiver.statuses = [200]
    assert sending.retry(only_delivery())
    assert not sending.retry(only_delivery())
    send()
    assert only_delivery().state == "delivered"
    assert len(only_delivery().log) == 11


def test_two_workers_send_each_delivery_once(make_channel, tell, receiver):
    make_channel()
    for number in range(30):
        tell(f"run {number}")

    def work(_: int) -> None:
        try:
            for _ in range(8):
                async_to_sync(sending.send_due)(receiver.transport())
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert Delivery.objects.filter(state="delivered", attempts=1).count() == 30
    names = [request.headers["x-fal-webhook-request-id"] for request in receiver.requests]
    assert len(names) == len(set(names)) == 30


def test_another_worker_retries_after_a_killed_worker_and_logs_it(
    make_channel, tell, send, receiver
):
    make_channel()
    tell()
    (delivery,) = sending.take()  # this worker is killed now
    send()
    assert receiver.requests == []
    make_due()
    send()
    assert [entry["error"] for entry in only_delivery().log] == [sending.NO_OUTCOME, ""]
    late = Outcome(500, "It answered 500.")
    sending.record(delivery, late)  # the first worker was only slow, and reports now
    assert (only_delivery().state, only_delivery().attempts) == ("delivered", 2)


def test_one_slow_receiver_does_not_block_others(user, stranger, make_channel, tell):
    make_channel()
    for number in range(20):
        tell(f"run {number}")
    make_channel(user=stranger)
    outbox.notify(stranger, "run_finished", subject="x", key="x")
    people = [delivery.user_id for delivery in sending.take()]
    assert sorted(people) == [user.pk] * sending.AT_ONCE_PER_PERSON + [stranger.pk]


def test_nothing_is_sent_for_a_deactivated_account(user, make_channel, tell, send, receiver):
    make_channel()
    tell()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert send() == sending.REST_S
    assert receiver.requests == []


def test_nothing_is_sent_of_a_project_that_its_user_has_left(
    user, make_run, make_channel, tell, send, receiver
):
    project = make_project("Film", ben="manager", ana="maker")
    run = make_run(state="succeeded", project=project)
    for method in ("webhook", "slack", "email"):
        make_channel(method)
    tell(about=run)
    run_ends.attach_webhook(run, "http://127.0.0.1:9/own")
    run_ends.release_webhooks(run)
    members.leave(user, project)
    send()
    assert (receiver.requests, mail.outbox) == ([], [])
    assert Delivery.objects.filter(state="failed").count() == 4
    assert all(row.title == display.OUT_OF_SIGHT for row in display.rows(user, "1"))
    RunEnd.objects.create(run=run, user=user, due_at=timezone.now())
    send()
    assert not RunEnd.objects.exists()
    assert Notification.objects.count() == 1


def test_old_deliveries_and_notifications_are_deleted(make_channel, tell, send):
    make_channel()
    tell()
    send()
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    Notification.objects.update(created_at=timezone.now() - timedelta(days=91))
    expired.delete_expired()
    assert not Delivery.objects.exists()
    assert not Notification.objects.exists()
    assert SigningKey.objects.count() == 1
