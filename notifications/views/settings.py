"""The settings page of notifications, and the key set that verifies our webhooks."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe

from notifications import channels, display, outbox, preferences
from notifications.channels import Draft, Invalid
from notifications.delivery import sending, signing_keys
from notifications.display import ChannelForm
from notifications.models import Channel, Delivery
from people.accounts.limits.rate_limit import limit

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

JWKS_LASTS_S = 3600


@require_safe
@never_cache
def index(request: HtmxRequest) -> HttpResponse:
    """Show channels, preferences, recent notifications, and each delivery."""
    return _page(request)


def _page(request: HtmxRequest, status: int = HTTPStatus.OK, **typed: Any) -> HttpResponse:
    """Render the page; `typed` are forms with errors."""
    context = display.context(request.user, request.GET.get("page", ""))
    changed: ChannelForm | None = typed.pop("changed", None)
    if changed:
        context["forms"] = [
            changed if form.channel == changed.channel else form for form in context["forms"]
        ]
    return render(request, "notifications/settings.html", context | typed, status=status)


def _back(request: HtmxRequest, message: str, section: str = "channels") -> HttpResponseBase:
    messages.success(request, message)
    return redirect(f"{reverse('notifications:settings')}#{section}")


def _typed(request: HtmxRequest, method: str) -> Draft:
    post = request.POST
    chosen = channels.typed_kinds(post.getlist("kind"))
    texts = post.get("name", ""), post.get("address", "")
    return Draft(method, *texts, chosen, is_paused=post.get("is_paused") == "1")


def _mine(request: HtmxRequest, pk: uuid.UUID) -> Channel:
    return get_object_or_404(Channel.objects.of(request.user).select_related("user"), pk=pk)


@limit("webhook")
@require_POST
def new_channel(request: HtmxRequest) -> HttpResponseBase:
    """Create a channel."""
    draft = _typed(request, request.POST.get("method", ""))
    try:
        channel = channels.create(request.user, draft)
    except Invalid as error:
        form = ChannelForm(draft, errors=error.errors)
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, new=form)
    return _back(request, f"“{channel.name}” is added. Send a test to see whether it works.")


@limit("webhook")
@require_POST
def channel(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Change a channel."""
    changed = _mine(request, pk)
    draft = _typed(request, changed.method)
    try:
        channels.change(changed, draft)
    except Invalid as error:
        form = ChannelForm(draft, changed, error.errors)
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, changed=form)
    return _back(request, f"“{changed.name}” is saved.")


@limit("webhook")
@require_POST
def channel_test(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Send a test to a channel; its delivery shows the outcome."""
    tested = _mine(request, pk)
    outbox.send_test(tested)
    return _back(request, f"A test of “{tested.name}” is on its way; see below.", "deliveries")


@require_POST
def channel_deletion(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Delete a channel; the page offers to undo that for an hour."""
    channels.delete(_mine(request, pk))
    return redirect(f"{reverse('notifications:settings')}#channels")


@require_POST
def channel_recovery(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Undo a deletion."""
    restored = get_object_or_404(Channel.objects.select_related("user"), user=request.user, pk=pk)
    if channels.restore(restored):
        return _back(request, f"“{restored.name}” is restored.")
    return _back(request, "It was removed too long ago, or is restored already. Add it again.")


@require_POST
def save_preferences(request: HtmxRequest) -> HttpResponseBase:
    """Save which runs count as long, and the daily limit for warnings."""
    minutes, limit = request.POST.get("minutes", ""), request.POST.get("limit", "")
    errors = preferences.save(request.user, minutes, limit)
    if errors:
        typed = {"minutes": minutes, "limit": limit}
        fields = display.preference_fields(request.user, typed, errors)
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, preference_fields=fields)
    return _back(request, "Your choice is saved.", "preferences")


@limit("webhook")
@require_POST
def delivery_repetition(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Retry a failed delivery."""
    delivery = get_object_or_404(Delivery, user=request.user, pk=pk)
    is_tried = sending.retry(delivery)
    message = "It is sent again." if is_tried else "It is on its way already, or was delivered."
    return _back(request, message, "deliveries")


@login_not_required
@require_safe
@cache_control(public=True, max_age=JWKS_LASTS_S)
def jwks(request: HttpRequest) -> JsonResponse:
    """Return the public keys of our webhooks, at the same path as fal's (protocol, 10.2)."""
    return JsonResponse(signing_keys.jwks())
