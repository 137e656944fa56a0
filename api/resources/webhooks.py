"""Webhooks for runs of the API: their addresses, and the outcome of each delivery."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q

from api.contract.operation import Call, Parameter, Reply, Response, operation
from api.http.problem import Problem, pointer
from api.representation import moments
from api.resources.changes import read_moment
from api.resources.parameters import CURSOR, LIMIT, as_uuid, take_page
from features.notifications.delivery import webhook_addresses
from features.notifications.models import Channel, Delivery, Method
from projects.models.in_project import is_member

_UUID = {"type": "string", "format": "uuid"}
WEBHOOK = Parameter("webhook_id", _UUID, "the webhook", where="path", converter="uuid")
RUN = Parameter("run_id", _UUID, "only deliveries about this run")


def require_public(address: str, name: str) -> None:
    """Vet the address in a body's property `name`; raises Problem (422)."""
    try:
        webhook_addresses.check(address, settings.WEBHOOK_PRIVATE_ORIGINS)
    except webhook_addresses.RefusedAddress as refusal:
        raise _invalid(name, str(refusal)) from refusal


def _invalid(name: str, detail: str) -> Problem:
    return Problem(422, detail, errors=[{"pointer": pointer([name]), "detail": detail}])


def webhook_as_json(channel: Channel) -> dict[str, Any]:
    """Return a `Webhook`."""
    return {
        "id": str(channel.pk),
        "name": channel.name,
        "webhook_url": channel.shown_address,
        "is_paused": channel.is_paused,
        "created_at": moments.as_text(channel.created_at),
    }


def delivery_as_json(delivery: Delivery) -> dict[str, Any]:
    """Return a `Delivery`."""
    return {
        "id": str(delivery.pk),
        "run_id": str(delivery.run_id),
        "webhook_id": str(delivery.channel_id) if delivery.channel_id else None,
        "webhook_url": delivery.shown_address,
        "state": delivery.state,
        "attempts": [
            {
                "at": attempt["at"],
                "status": attempt.get("status"),
                "error": attempt.get("error", ""),
            }
            for attempt in delivery.log
        ],
        "next_attempt_at": moments.as_text(delivery.next_attempt_at),
        "created_at": moments.as_text(delivery.created_at),
    }


@operation(
    "GET",
    "/webhooks",
    scope="read",
    tag="webhooks",
    responses=[Response(200, "All webhooks, on one page.", "WebhookPage")],
)
def list_webhooks(call: Call) -> Reply:
    """List your webhooks for runs of the API."""
    channels = Channel.objects.owned_by(call.user).filter(method=Method.RUNS)
    return Reply({"items": [webhook_as_json(channel) for channel in channels], "next_cursor": None})


@operation(
    "GET",
    "/deliveries",
    scope="read",
    tag="webhooks",
    parameters=[RUN, LIMIT, CURSOR],
    responses=[Response(200, "Deliveries, the newest first.", "DeliveryPage")],
)
def list_deliveries(call: Call) -> Reply:
    """List the webhook deliveries about your runs, with the outcome of each attempt."""
    values = call.values
    rows = _deliveries(call).order_by("-created_at", "-pk")
    if values["run_id"]:
        rows = rows.filter(run_id=values["run_id"])
    if values["cursor"]:
        at, key = read_moment(values["cursor"], str)
        pk = as_uuid(str(key))
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
    deliveries = list(rows[: values["limit"] + 1])

    def mark(delivery: Delivery) -> tuple[str, str]:
        return delivery.created_at.isoformat(), str(delivery.pk)

    return Reply(take_page(deliveries, values["limit"], delivery_as_json, mark))


def _deliveries(call: Call) -> Any:
    own_deliveries = Delivery.objects.filter(user=call.user, method=Method.RUNS, run__isnull=False)
    rows = own_deliveries.filter(is_member(call.user, prefix="run__"))
    only = call.reach.only
    return rows if only is None else rows.filter(run__project=only)
