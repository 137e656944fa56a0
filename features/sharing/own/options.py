"""The options of a share as a form: for whom, until when, and which details it shows."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from core.db.name_order import by_name
from core.forms import DayField, LineField, TextField
from features.sharing.models import Share
from features.sharing.models.share import MAX_NOTE_CHARS, MAX_TITLE_CHARS
from features.sharing.own import creation
from projects.models import Project

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import QueryDict

MARKER = "review_options"  # posted with the fields; without it none of them is changed
OF_BOARDS = ("takes_votes", "takes_rows")
TICKS = ("takes_ratings", "takes_comments", "shows_remarks")
FIELDS = ("picks", "most_picks", *TICKS, *OF_BOARDS)
MOST = 500
IDS = "share-%s-field"
NEVER, DATE = "", "date"
SPANS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
ENDS = [
    (NEVER, "Never"),
    ("day", "In a day"),
    ("week", "In a week"),
    ("month", "In a month"),
    (DATE, "After a date"),
]
NOT_TO_COME = "Choose a date in the future."
MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS = 6, 128
SHOWN = ("shows_models", "shows_settings", "shows_prices", "allows_download")


class MessageForm(forms.Form):
    """What its visitors read first; without a title it gets one of its own."""

    title = LineField(
        label="Title for those who open it",
        max_length=MAX_TITLE_CHARS,
        required=False,
        widget=forms.TextInput({"id": "share-name"}),
    )
    note = TextField(
        label="Message (optional)",
        max_length=MAX_NOTE_CHARS,
        required=False,
        widget=forms.Textarea({"rows": 2, "id": "share-message"}),
    )


class OptionsForm(forms.Form):
    """The options that its makers may change. An empty password leaves it unchanged."""

    title = LineField(max_length=MAX_TITLE_CHARS, required=False)
    audience = forms.ChoiceField(label="Who can open it", choices=Share.Audience.choices)
    for_project = forms.ModelChoiceField(
        Project.objects.none(), label="Project", required=False, empty_label="Choose…"
    )
    expires = forms.ChoiceField(label="Ends", choices=ENDS, required=False)
    expires_on = DayField(
        label="Last day",
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )
    password = forms.CharField(
        min_length=MIN_PASSWORD_CHARS,
        max_length=MAX_PASSWORD_CHARS,
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={
            "min_length": f"A password has at least {MIN_PASSWORD_CHARS} characters.",
            "max_length": f"A password has at most {MAX_PASSWORD_CHARS} characters.",
        },
    )
    note = TextField(label="Message to visitors", max_length=MAX_NOTE_CHARS, required=False)
    no_password = forms.BooleanField(label="Open it without the password", required=False)
    follows = forms.BooleanField(
        label="Follow updates; otherwise it stays as it is now", required=False
    )
    shows_models = forms.BooleanField(label="Show models", required=False)
    shows_settings = forms.BooleanField(label="Show prompts and settings", required=False)
    shows_prices = forms.BooleanField(label="Show what it cost", required=False)
    allows_download = forms.BooleanField(label="Offer downloads", required=False)

    def __init__(self, share: Share, user: User, data: QueryDict | None = None) -> None:
        ends = share.expires_at and timezone.localtime(share.expires_at)
        initial: dict[str, Any] = {
            **{name: getattr(share, name) for name in ("title", "note", "audience", "follows")},
            **{name: getattr(share, name) for name in SHOWN},
            "for_project": share.for_project_id or _own_project(share),
            "expires": DATE if ends else NEVER,
            "expires_on": ends.date() if ends else None,
        }
        super().__init__(data, initial=initial, auto_id=IDS)
        self.review = ReviewOptionsForm(share, data)
        self.share = share
        projects = Project.objects.with_member(user).filter(person=None)
        by_project_name = projects.order_by(by_name("name"), "pk")
        self.fields["for_project"].queryset = by_project_name  # type: ignore[attr-defined]
        if share.password:
            self.fields["password"].label = "New password"
        ticks = [*SHOWN, *(("follows",) if share.source else ())]
        ticks += ["no_password"] if share.password else []
        self.ticks = [self[name] for name in ticks]
        lines = [
            self[name] for name in ("title", "audience", "for_project", "expires", "expires_on")
        ]
        self.lines = [*lines, *self.review.lines, self["password"], self["note"]]

    def is_valid(self) -> bool:
        """Whether the form and its review options can be applied."""
        return super().is_valid() & self.review.is_fine()

    @property
    def has_errors(self) -> bool:
        """Whether the form or its review options have errors."""
        return bool(self.errors or self.review.errors)

    def clean(self) -> dict[str, Any]:
        """Require the project or date that a choice needs."""
        data = self.cleaned_data
        is_projects = data.get("audience") == Share.Audience.PROJECT
        if is_projects and not data.get("for_project") and "for_project" not in self.errors:
            self.add_error("for_project", "Choose the project whose members may open it.")
        if data.get("expires") == DATE and "expires_on" not in self.errors:
            day = data.get("expires_on")
            is_as_before = self.initial["expires_on"] == day
            if day is None or (day < timezone.localdate() and not is_as_before):
                self.add_error("expires_on", NOT_TO_COME)
        return data

    def apply(self) -> list[str]:
        """Set the options in the share, which the caller saves; returns the changed fields."""
        share, data = self.share, self.cleaned_data
        before = {name: getattr(share, name) for name in _COMPARED}
        for name in ("title", "note", "audience", *SHOWN):
            setattr(share, name, data[name])
        is_projects = share.audience == Share.Audience.PROJECT
        share.for_project = data["for_project"] if is_projects else None
        share.expires_at = self._end()
        if data["no_password"]:
            share.password = ""
        elif data["password"]:
            share.password = make_password(data["password"])
        self.review.apply()
        if share.source and data["follows"] != share.follows:
            (creation.follow if data["follows"] else creation.keep)(share)
        return [name for name, value in before.items() if getattr(share, name) != value]

    def _end(self) -> datetime | None:
        chosen_end, day = self.cleaned_data["expires"], self.cleaned_data["expires_on"]
        if chosen_end in SPANS:
            return timezone.now() + SPANS[chosen_end]
        if chosen_end != DATE:
            return None
        if day == self.initial["expires_on"]:
            return self.share.expires_at
        return timezone.make_aware(datetime.combine(day, time.max))


class ReviewOptionsForm(forms.Form):
    """How visitors pick, and whether they rate and comment; on a board, vote and request rows."""

    picks = forms.ChoiceField(choices=Share.Picks.choices, required=False)
    most_picks = forms.IntegerField(
        label="Most picks of each visitor",
        min_value=0,
        max_value=MOST,
        required=False,
        widget=forms.NumberInput({"placeholder": "any"}),
        error_messages={"invalid": "Write a number, or leave it empty for any number."},
    )
    takes_ratings = forms.BooleanField(label="Stars, 1 to 5", required=False)
    takes_comments = forms.BooleanField(label="Comments", required=False)
    shows_remarks = forms.BooleanField(
        label="Guests see each other's remarks at once", required=False
    )
    takes_votes = forms.BooleanField(label="Blind votes: which of two is better", required=False)
    takes_rows = forms.BooleanField(
        label="Rows to try: they wait until you run them", required=False
    )

    def __init__(self, share: Share, data: QueryDict | None = None) -> None:
        is_posted = data is not None and MARKER in data
        initial = {name: getattr(share, name) for name in FIELDS}
        initial["most_picks"] = share.most_picks or None
        super().__init__(data if is_posted else None, initial=initial, auto_id=IDS)
        self.share = share
        of_boards = OF_BOARDS if share.kind == Share.Kind.BOARD else ()
        self.lines = [self["picks"], self["most_picks"]]
        self.ticks = [self[name] for name in (*TICKS, *of_boards)]

    def is_fine(self) -> bool:
        """Return True if the posted options are valid, or none were posted."""
        return not self.is_bound or self.is_valid()

    def apply(self) -> None:
        """Set the options in the share, which the caller saves."""
        if not self.is_bound:
            return
        is_board = self.share.kind == Share.Kind.BOARD
        for name in FIELDS:
            if name in OF_BOARDS and not is_board:
                continue
            setattr(self.share, name, self.cleaned_data[name] or type(getattr(self.share, name))())


_COMPARED = (
    *("title", "note", "audience", "for_project_id", "expires_at", "password", "follows"),
    *SHOWN,
    *FIELDS,
)


def _own_project(share: Share) -> int | None:
    return None if share.project.is_private else share.project_id
