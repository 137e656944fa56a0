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

from accounts.limits.rate_limit import limit
from core.resource import Resource
from features.notifications import channels, display, outbox
from features.notifications.channels import Invalid
from features.notifications.delivery import sending, signing_keys
from features.notifications.forms import ChannelForm, PreferencesForm
from features.notifications.models import Channel, Delivery

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

JWKS_LASTS_S = 3600


@require_safe
@never_cache
def index(request: HtmxRequest) -> HttpResponse:
    """Show channels, preferences, recent notifications, and each delivery."""
    return _render_settings(request)


def _render_settings(
    request: HtmxRequest, status: int = HTTPStatus.OK, **typed: Any
) -> HttpResponse:
    """Render the page; `typed` are forms with errors."""
    context = display.context(request.user, request.GET.get("page", ""))
    bound: ChannelForm | None = typed.pop("changed", None)
    if bound:
        context["forms"] = [
            bound if form.channel == bound.channel else form for form in context["forms"]
        ]
    return render(request, "features/notifications/settings.html", context | typed, status=status)


def _back(request: HtmxRequest, message: str, section: str = "channels") -> HttpResponseBase:
    messages.success(request, message)
    return redirect(f"{reverse('notifications:settings')}#{section}")


class Channels(Resource[Channel]):
    """Deletes the user's channels, and restores them for a day."""

    model, parts = Channel, ("deletion",)
    at, list_route = "account/notifications/channels/", "notifications:settings"
    delete_and_restore = (channels.delete, channels.restore)
    deletion_message = "The channel is removed: nothing is sent there any more."
    undo_message = "“{row.name}” is restored."

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the user's channels."""
        return Channel.objects.owned_by(request.user).select_related("user")

    def restorable_rows(self, request: HtmxRequest) -> Any:
        """Return the user's channels, deleted ones too."""
        return Channel.objects.filter(user=request.user).select_related("user")


CHANNELS = Channels()


@limit("webhook")
@require_POST
def new_channel(request: HtmxRequest) -> HttpResponseBase:
    """Create a channel."""
    form = ChannelForm(request.POST)
    if form.is_valid():
        try:
            channel = channels.create(request.user, form.draft)
        except Invalid as invalid:
            form.refuse(invalid)
        else:
            added = f"“{channel.name}” is added. Send a test to see whether it works."
            return _back(request, added)
    return _render_settings(request, HTTPStatus.UNPROCESSABLE_ENTITY, new=form)


@limit("webhook")
@require_POST
def channel(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Change a channel."""
    changed_channel = CHANNELS.find(request, pk)
    form = ChannelForm(request.POST, changed_channel)
    if form.is_valid():
        try:
            channels.change(changed_channel, form.draft)
        except Invalid as invalid:
            form.refuse(invalid)
        else:
            return _back(request, f"“{changed_channel.name}” is saved.")
    return _render_settings(request, HTTPStatus.UNPROCESSABLE_ENTITY, changed=form)


@limit("webhook")
@require_POST
def channel_test(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Send a test to a channel; its delivery shows the outcome."""
    tested = CHANNELS.find(request, pk)
    outbox.send_test(tested)
    return _back(request, f"A test of “{tested.name}” is on its way; see below.", "deliveries")


@require_POST
def save_preferences(request: HtmxRequest) -> HttpResponseBase:
    """Save which runs count as long, and the daily limit for warnings."""
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return _render_settings(request, HTTPStatus.UNPROCESSABLE_ENTITY, preferences_form=form)
    channels.save_preferences(request.user, **form.cleaned_data)
    return _back(request, "Your choice is saved.", "preferences")


@limit("webhook")
@require_POST
def delivery_repetition(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Retry a failed delivery."""
    delivery = get_object_or_404(Delivery, user=request.user, pk=pk)
    is_tried = sending.retry(delivery)
    message = "It is sent again." if is_tried else "It is already on its way, or was delivered."
    return _back(request, message, "deliveries")


@login_not_required
@require_safe
@cache_control(public=True, max_age=JWKS_LASTS_S)
def jwks(request: HttpRequest) -> JsonResponse:
    """Return the public keys of our webhooks, at the same path as fal's (protocol, 10.2)."""
    return JsonResponse(signing_keys.jwks())
