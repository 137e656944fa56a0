"""The forms of a new project and of a project's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from core.formatting import enumerated
from core.names import clean_name
from projects.models import Project
from projects.settings import MOST_DAYS, SHARED_ONLY, Values, values_of, version_of

if TYPE_CHECKING:
    from django.http import QueryDict

NAME_CHARS, DESCRIPTION_CHARS = 80, 300
SHOWN_TO = [("0", "All members"), ("1", "Only the person who started them")]
DAYS = f"Enter a number of days from 1 to {MOST_DAYS}, or leave it empty to follow the house."

OUTDATED = (
    "Somebody else has changed the settings since you opened them. They saved {}. What you typed "
    "is still here: save again to replace theirs."
)
RUNS_HELP = (
    "A week before, managers are notified, with a list. What is starred, shared, an example, or "
    "in a board, series, flow or training stays. A deleted run can be brought back for 7 days."
)
FILES_HELP = "The run stays, with its settings and cost. A file that another run uses stays, too."


FAL_KEEPS_HELP = (
    "Inputs stay at fal for a day at least, since a run may wait that long. With “nothing”, fal "
    "keeps a result of 10 KB or more for six minutes only: if Vitrine cannot fetch it in that "
    "time, a paid result is lost."
)
DEPUTIES_HELP = (
    "Also if the model declines the content. For runs of model pages and steps of flows, if a "
    "curator has named a deputy and it costs no more than the estimate. Each such run says so."
)


class ProjectForm(forms.Form):
    """Name, description, and who sees new runs."""

    name = forms.CharField(
        max_length=NAME_CHARS, error_messages={"required": "A project needs a name."}
    )
    description = forms.CharField(max_length=DESCRIPTION_CHARS, required=False)
    hides_new_runs = forms.TypedChoiceField(
        label="New runs are seen by",
        choices=SHOWN_TO,
        coerce=lambda value: value == "1",
        required=False,
    )

    def clean_name(self) -> str:
        """Return the name on one line; it must have a visible character."""
        name = clean_name(self.cleaned_data["name"])
        if not name:
            raise ValidationError("A project needs a name that can be seen.", code="invisible")
        return name

    def clean_hides_new_runs(self) -> bool:
        """Return whether new runs are hidden; False if nothing was chosen."""
        return bool(self.cleaned_data["hides_new_runs"])

    def clean_description(self) -> str:
        """Return the description on one line."""
        return " ".join(self.cleaned_data["description"].split())


def _days(label: str) -> forms.IntegerField:
    wrong = dict.fromkeys(("invalid", "min_value", "max_value"), DAYS)
    return forms.IntegerField(
        label=label, min_value=1, max_value=MOST_DAYS, required=False, error_messages=wrong
    )


class SettingsForm(ProjectForm):
    """A project's settings. A private project has only what says how long things are kept."""

    retention_days = _days("Delete runs after (days)")
    files_days = _days("Delete only their files after (days)")
    fal_keeps = forms.ChoiceField(
        label="What fal keeps",
        choices=Project.FalKeeps.choices,
        required=False,
        help_text=FAL_KEEPS_HELP,
    )
    deputies_take_over = forms.BooleanField(
        label="If a model does not respond, let its deputy make the run",
        required=False,
        help_text=DEPUTIES_HELP,
    )

    def __init__(self, project: Project, data: QueryDict | None) -> None:
        now = values_of(project)
        initial = now._asdict() | {"hides_new_runs": "1" if now.hides_new_runs else "0"}
        super().__init__(data, initial=initial)
        self._now = now
        for name, house, words in (
            ("retention_days", settings.RUNS_KEPT_DAYS, RUNS_HELP),
            ("files_days", settings.FILES_KEPT_DAYS, FILES_HELP),
        ):
            empty = f"as the house: {house} days" if house else "kept for ever"
            self.fields[name].help_text = f"Empty: {empty}. {words}"
        if project.is_private:
            for name in SHARED_ONLY:
                del self.fields[name]

    @property
    def version(self) -> str:
        """Return the version of the settings when the form was created."""
        return version_of(self._now)

    def add_outdated(self) -> None:
        """Add an error with the values that somebody else saved; saving again overwrites them."""
        now, posted = self._now._asdict(), self.values._asdict()
        now["hides_new_runs"] = dict(SHOWN_TO)[str(int(self._now.hides_new_runs))]
        their_values = [
            f"{self[name].label.lower()} “{now[name] or 'empty'}”"
            for name in self.fields
            if getattr(self._now, name) != posted[name]
        ]
        self.add_error(None, OUTDATED.format(enumerated(their_values)))

    @property
    def values(self) -> Values:
        """Return the settings of the valid form."""
        return self._now._replace(**self.cleaned_data)
