"""The context of the settings page: channels and deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from django.core.paginator import Page, Paginator
from django.utils import timezone

from core.http.parameters import page_number
from notifications import channels, kinds, preferences
from notifications.channels import Draft
from notifications.kinds import Kind
from notifications.models import Channel, Delivery, Method
from people.accounts import mail
from runs.models.querysets import heavy_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User

DELIVERIES_ON_A_PAGE = 30
MAX_NAME = 80
MAX_ADDRESS = 2000
KEEP_ADDRESS = "Leave it empty to keep the one there is."
PRIVATE_ADDRESS = "A public https address. It is kept like a password: nobody sees it again."
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
class TextField:
    """A text field of a form: `value` as typed; `error` replaces the hint."""

    id: str
    name: str
    label: str
    value: str
    max_length: int
    error: str = ""
    hint: str = ""
    placeholder: str = ""


@dataclass(frozen=True)
class ChannelForm:
    """A channel's form for display: the typed values, and error messages."""

    draft: Draft
    channel: Channel | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def choices(self) -> list[Choice]:
        """Return every kind, and whether it is chosen."""
        return [Choice(kind, kind.name in self.draft.kinds) for kind in kinds.choices()]

    @property
    def prefix(self) -> str:
        """Return the prefix of its controls' ids."""
        return f"channel-{self.channel.pk}" if self.channel else "new"

    @property
    def name_field(self) -> TextField:
        """Return the field for the channel's name."""
        label = "Name" if self.channel else "Name, if you like"
        error = self.errors.get("name", "")
        return TextField(f"{self.prefix}-name", "name", label, self.draft.name, MAX_NAME, error)

    @property
    def address_field(self) -> TextField:
        """Return the field for the address, which is never shown again."""
        return TextField(
            f"{self.prefix}-address",
            "address",
            "New address" if self.channel else "Address",
            self.draft.address,
            MAX_ADDRESS,
            self.errors.get("address", ""),
            KEEP_ADDRESS if self.channel else PRIVATE_ADDRESS,
            "" if self.channel else "https://hooks.slack.com/services/…",
        )


@dataclass(frozen=True)
class Row:
    """A delivery in the list."""

    delivery: Delivery

    @property
    def title(self) -> str:
        """Return what is delivered."""
        notification = self.delivery.notification
        if notification:
            return notification.subject
        run = self.delivery.run
        return (run.title or run.endpoint.name) if run else ""

    @property
    def address(self) -> str:
        """Return the address of the page about it."""
        notification, run = self.delivery.notification, self.delivery.run
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
        """Whether its next attempt is so near that the page waits for it."""
        at = self.delivery.next_attempt_at
        is_pending = self.delivery.state == Delivery.State.PENDING
        return is_pending and at is not None and (at - timezone.now()).total_seconds() < 70


def rows(user: User, page: str) -> Page[Row]:
    """Return a page of the user's deliveries, newest first."""
    deliveries = Delivery.objects.filter(user=user).select_related(
        "notification", "channel", "run__endpoint"
    )
    light = deliveries.defer(*heavy_columns("run__"))
    shown: Page[Any] = Paginator(light, DELIVERIES_ON_A_PAGE).get_page(page_number(page))
    shown.object_list = [Row(delivery) for delivery in shown.object_list]
    return cast("Page[Row]", shown)


def preference_fields(
    user: User, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> list[TextField]:
    """Return the fields of the section "When": as stored, or as typed with error messages."""
    errors = errors or {}
    if typed is None:
        stored = preferences.of(user)
        limit = "" if stored.daily_limit is None else str(stored.daily_limit)
        typed = {"minutes": str(stored.long_run_minutes), "limit": limit}
    return [
        TextField(
            *("minutes", "minutes", "Runs are long from this many minutes", typed["minutes"], 6),
            error=errors.get("minutes", ""),
            hint="A long run notifies you once, unless a page of yours showed its end.",
        ),
        TextField(
            *("limit", "limit", "Warn me of a day's cost, in dollars", typed["limit"], 12),
            error=errors.get("limit", ""),
            hint="At 80 % of it and at all of it, once a day. Nothing is stopped. "
            "Empty: no warning.",
            placeholder="20",
        ),
    ]


def context(user: User, page: str) -> dict[str, Any]:
    """Return the context of the page's template."""
    mine = list(Channel.objects.of(user))
    lately = timezone.now() - channels.UNDO_WITHIN
    deleted = Channel.objects.filter(user=user, deleted_at__gt=lately).order_by("-deleted_at")
    deliveries = rows(user, page)
    return {
        "forms": [ChannelForm(Draft.of(channel), channel) for channel in mine],
        "new": ChannelForm(Draft(Method.EMAIL, kinds=tuple(kinds.known(_all_kinds())))),
        "methods": [
            (method.value, method.label, explanation) for method, explanation in METHODS.items()
        ],
        "deleted": deleted.first(),
        "preference_fields": preference_fields(user),
        "deliveries": deliveries,
        "is_live": any(row.is_soon for row in deliveries.object_list),
        "sends_mail": mail.is_configured(),
    }


def _all_kinds() -> list[str]:
    return [kind.name for kind in kinds.choices()]
