"""Composes a delivery's message: a mail, Slack's JSON, or a body signed like fal's webhooks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings

from features.notifications.delivery import signing_keys
from features.notifications.models import Delivery, Method, Notification
from runs.models import Run

MAX_BODY_BYTES = 4 << 20
TOO_LARGE = "The result is larger than a webhook may be. Read it: GET /api/v1/runs/{}"
REFUSED_KEY = 401  # upstream's answer about our key, which does not concern the receiver's token
SLACK_CHARS = 3000


class Mail(NamedTuple):
    """An e-mail."""

    subject: str
    text: str


class Post(NamedTuple):
    """A body for an address, with the headers that sign it."""

    body: bytes
    headers: dict[str, str]


def compose(delivery: Delivery, now: datetime) -> Mail | Post:
    """Return the delivery's message, signed now; its notification or run has to be loaded."""
    if delivery.run is not None:
        return _signed(delivery, str(delivery.run.pk), run_payload(delivery.run), now)
    notification = delivery.notification
    if notification is None:
        raise ValueError(f"delivery {delivery.pk} has neither a notification nor a run")
    if delivery.method == Method.EMAIL:
        return Mail(notification.subject, mail_text(notification))
    if delivery.method == Method.SLACK:
        return Post(json.dumps({"text": slack_text(notification)}).encode(), {})
    body = json.dumps(notification_payload(notification), ensure_ascii=False)
    return _signed(delivery, str(notification.pk), body.encode("utf-8", "replace"), now)


def _signed(delivery: Delivery, request_id: str, body: bytes, now: datetime) -> Post:
    key = signing_keys.current(now)
    return Post(body, signing_keys.sign(key, request_id, user_id(delivery.user_id), body, now))


def user_id(pk: int) -> str:
    """Return the user id that webhooks contain."""
    return f"user_{pk}"


def link(path: str) -> str:
    """Return a page's absolute URL; empty without a path."""
    origin = settings.PUBLIC_URL or f"http://127.0.0.1:{settings.PORT}"
    return f"{origin}{path}" if path else ""


def mail_text(notification: Notification) -> str:
    """Return the mail's text; its end links to the settings."""
    parts = [
        notification.text,
        link(notification.path),
        FOOT.format(link("/account/notifications/")),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


FOOT = "-- \nSent by Vitrine. Choose your notifications: {}"


def slack_text(notification: Notification) -> str:
    """Return the text in Slack's markup, which Mattermost and others support too."""
    head = f"*{_slack_escaped(notification.subject)}*"
    address = link(notification.path)
    text = _slack_escaped(notification.text)[:SLACK_CHARS]
    return "\n".join(part for part in (head, text, address and f"<{address}|Open>") if part)


def _slack_escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def notification_payload(notification: Notification) -> dict[str, Any]:
    """Return the JSON of a generic webhook; `request_id` is the notification's id."""
    return {
        "request_id": str(notification.pk),
        "kind": notification.kind,
        "subject": notification.subject,
        "text": notification.text,
        "url": link(notification.path),
        "created_at": notification.created_at.isoformat(),
    }


def run_payload(run: Run) -> bytes:
    """Return an ended run in the format of fal's webhook (protocol, section 10.1).

    `request_id` is the run's id in the API. A result that is too large is replaced by a
    `payload_error`, as at fal.
    """
    head = {"request_id": str(run.pk), "gateway_request_id": run.request_id or str(run.pk)}
    if run.state != Run.State.SUCCEEDED:
        return _bytes(head | {"status": "ERROR", **_failure(run)})
    head |= {"status": "OK"}
    output = run.output_text or json.dumps(run.output, ensure_ascii=False)
    body = _bytes(head)[:-1] + b',"payload":' + output.encode("utf-8", "replace") + b"}"
    if len(body) <= MAX_BODY_BYTES:
        return body
    return _bytes(head | {"payload": None, "payload_error": TOO_LARGE.format(run.pk)})


def _failure(run: Run) -> dict[str, Any]:
    error = run.error or {}
    status, message = error.get("status"), str(error.get("message") or "")
    if run.state == Run.State.CANCELLED and not status:
        return {"error": "Request was cancelled", "payload": {"detail": "Request was cancelled"}}
    detail = error.get("detail")
    is_models = isinstance(status, int) and status != REFUSED_KEY
    return {
        "error": f"Invalid status code: {status}" if is_models else message or "Failed",
        "payload": {"detail": message if detail is None else detail},
    }


def _bytes(body: dict[str, Any]) -> bytes:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


class Outcome(NamedTuple):
    """The outcome of an attempt; `error` is a sentence, empty if it was accepted."""

    status: int | None = None
    error: str = ""
    is_permanent: bool = False
    retry_after_s: float = 0.0
