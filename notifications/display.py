"""What the settings page shows of channels and deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from django.core.paginator import Page, Paginator
from django.utils import timezone

from accounts.profile import password_reset
from notifications import channels, kinds, preferences
from notifications.channels import Draft
from notifications.kinds import Kind
from notifications.models import Channel, Delivery, Method, Notification

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User

DELIVERIES_ON_A_PAGE = 30
TOLD = 20
MAX_PAGE = 1000
METHODS = {
    Method.EMAIL: "a mail to the address of your account",
    Method.SLACK: "a message by an incoming webhook of Slack, Mattermost or the like",
    Method.WEBHOOK: "signed JSON for a program of yours",
    Method.RUNS: "the result of each of your runs of the API, as webhooks of fal have it",
}


@dataclass(frozen=True)
class Choice:
    """A checkbox of a form."""

    kind: Kind
    is_chosen: bool


@dataclass(frozen=True)
class ChannelForm:
    """A channel's form as it is drawn: what was typed, and the errors beside it."""

    draft: Draft
    channel: Channel | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def choices(self) -> list[Choice]:
        """Every kind, and whether it is chosen."""
        return [Choice(kind, kind.name in self.draft.kinds) for kind in kinds.choices()]

    @property
    def prefix(self) -> str:
        """Begins the ids of its controls."""
        return f"channel-{self.channel.pk}" if self.channel else "new"


@dataclass(frozen=True)
class Row:
    """A delivery in the list."""

    delivery: Delivery

    @property
    def title(self) -> str:
        """What is delivered."""
        told = self.delivery.notification
        if told:
            return told.subject
        run = self.delivery.run
        return (run.title or run.endpoint.display_name) if run else ""

    @property
    def address(self) -> str:
        """The page about it."""
        told, run = self.delivery.notification, self.delivery.run
        return told.path if told else (run.get_absolute_url() if run else "")

    @property
    def to(self) -> str:
        """The channel's name, or where it goes."""
        channel = self.delivery.channel
        return channel.name if channel else self.delivery.shown_address

    @property
    def problem(self) -> str:
        """Why the last attempt failed; empty if it did not."""
        log = self.delivery.log
        return str(log[-1].get("error") or "") if log else ""

    @property
    def is_soon(self) -> bool:
        """Whether its next attempt is near enough to wait for on the page."""
        at = self.delivery.next_attempt_at
        is_pending = self.delivery.state == Delivery.State.PENDING
        return is_pending and at is not None and (at - timezone.now()).total_seconds() < 70


def rows(user: User, page: str) -> Page[Row]:
    """A page of the person's deliveries, the newest first."""
    mine = Delivery.objects.filter(user=user).select_related(
        "notification", "channel", "run__endpoint"
    )
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 5 else 1
    light = mine.defer("run__output", "run__output_text", "run__logs", "run__arguments")
    found: Page[Any] = Paginator(light, DELIVERIES_ON_A_PAGE).get_page(number)
    found.object_list = [Row(one) for one in found.object_list]
    return cast("Page[Row]", found)


def told(user: User) -> list[tuple[Notification, str]]:
    """What the person was told lately, with its kind in words."""
    latest = Notification.objects.filter(user=user).exclude(kind=kinds.TEST)[:TOLD]
    return [(one, kinds.label(one.kind)) for one in latest]


def context(user: User, page: str) -> dict[str, Any]:
    """What the page's template needs."""
    mine = list(Channel.objects.of(user))
    lately = timezone.now() - channels.UNDO_WITHIN
    deleted = Channel.objects.filter(user=user, deleted_at__gt=lately).order_by("-deleted_at")
    deliveries = rows(user, page)
    return {
        "forms": [ChannelForm(Draft.of(one), one) for one in mine],
        "new": ChannelForm(Draft(Method.EMAIL, kinds=tuple(kinds.known(_all_kinds())))),
        "methods": [(method.value, method.label, words) for method, words in METHODS.items()],
        "deleted": deleted.first(),
        "preferences": preferences.of(user),
        "deliveries": deliveries,
        "is_live": any(row.is_soon for row in deliveries.object_list),
        "told": told(user),
        "sends_mail": password_reset.is_configured(),
    }


def _all_kinds() -> list[str]:
    return [kind.name for kind in kinds.choices()]
