"""The context of the settings page: channels and deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.core.paginator import Page, Paginator
from django.utils import timezone

from accounts import mail
from core.http.parameters import page_number
from core.periods import UNDO_WITHIN
from features.notifications import channels
from features.notifications.delivery.visibility import readable
from features.notifications.forms import ChannelForm, PreferencesForm
from features.notifications.models import Channel, Delivery
from runs.models.querysets import heavy_columns

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DELIVERIES_ON_A_PAGE = 30
OUT_OF_SIGHT = "Something that you may no longer see"


@dataclass(frozen=True)
class Row:
    """A delivery in the list."""

    delivery: Delivery
    is_readable: bool  # by its user

    @property
    def title(self) -> str:
        """Return the title of the notification or run."""
        if not self.is_readable:
            return OUT_OF_SIGHT
        notification = self.delivery.notification
        if notification:
            return notification.subject
        run = self.delivery.run
        return (run.title or run.endpoint.name) if run else ""

    @property
    def address(self) -> str:
        """Return the address of the subject's page."""
        notification, run = self.delivery.notification, self.delivery.run
        if not self.is_readable:
            return ""
        return notification.path if notification else (run.get_absolute_url() if run else "")

    @property
    def to(self) -> str:
        """Return the channel's name, or the target address."""
        channel = self.delivery.channel
        return channel.name if channel else self.delivery.shown_address

    @property
    def problem(self) -> str:
        """Return why the last attempt failed; empty if it did not."""
        log = self.delivery.log
        return str(log[-1].get("error") or "") if log else ""

    @property
    def is_soon(self) -> bool:
        """Whether the page should wait for its next attempt."""
        at = self.delivery.next_attempt_at
        is_pending = self.delivery.state == Delivery.State.PENDING
        return is_pending and at is not None and (at - timezone.now()).total_seconds() < 70


def rows(user: User, page: str) -> Page[Row]:
    """Return a page of the user's deliveries, newest first."""
    related = ("notification", "channel", "run__endpoint")
    light = Delivery.objects.filter(user=user).select_related(*related)
    light = light.defer(*heavy_columns("run__"))
    delivery_page: Page[Any] = Paginator(light, DELIVERIES_ON_A_PAGE).get_page(page_number(page))
    deliveries = list(delivery_page.object_list)
    readable_pks = readable(user, deliveries)
    delivery_page.object_list = [Row(item, item.pk in readable_pks) for item in deliveries]
    return cast("Page[Row]", delivery_page)


def preferences_form(user: User) -> PreferencesForm:
    """Return the form of the section "When", with the stored preferences."""
    row = channels.preferences_of(user)
    return PreferencesForm(initial={"minutes": row.long_run_minutes, "limit": row.daily_limit})


def context(user: User, page: str) -> dict[str, Any]:
    """Return the context of the page's template."""
    own_channels = list(Channel.objects.owned_by(user))
    lately = timezone.now() - UNDO_WITHIN
    deleted = Channel.objects.filter(user=user, deleted_at__gt=lately).order_by("-deleted_at")
    deliveries = rows(user, page)
    return {
        "forms": [ChannelForm(channel=channel) for channel in own_channels],
        "new": ChannelForm(),
        "deleted": deleted.first(),
        "preferences_form": preferences_form(user),
        "deliveries": deliveries,
        "is_live": any(row.is_soon for row in deliveries.object_list),
        "sends_mail": mail.is_configured(),
    }
