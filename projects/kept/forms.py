"""The form of a kept thing: its name, its contents, and who in the project sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models

from core.forms import LineField, TextField
from projects.kept.models import rows_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ONLY_ME, MEMBERS = "me", "members"


def field_of(column: models.Field[Any, Any], **more: Any) -> forms.Field | None:
    """Return the form field for a column; text columns get the fields that clean texts."""
    is_plain_text = isinstance(column, models.CharField) and not column.choices
    if is_plain_text or isinstance(column, models.TextField):
        kind = TextField if isinstance(column, models.TextField) else LineField
        required_message = f"Give it a {column.verbose_name}." if not column.blank else False
        label = str(column.verbose_name).capitalize()
        return kind(max_length=column.max_length or 10_000, required=required_message, label=label)
    return column.formfield(**more)


class UsedByField(forms.ChoiceField):
    """Asks who in a shared project may use the row."""

    widget = forms.RadioSelect

    def __init__(self, **more: Any) -> None:
        choices = [(ONLY_ME, "Only me"), (MEMBERS, "Members")]
        super().__init__(label="Who may use it", choices=choices, required=False, **more)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the posted choice, or the initial one if the posted form did not ask."""
        return data or initial


class KeptForm(forms.ModelForm):  # type: ignore[type-arg]
    """A ModelForm of a row in a project; a new `instance` must already have user and project."""

    used_by = UsedByField()

    class Meta:
        formfield_callback = field_of

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        """Create the form for the user `by`; see ModelForm for the other arguments."""
        super().__init__(*args, **more)
        self.by = by
        row = self.instance
        self.is_new = row._state.adding
        if row.project.is_private or row.user_id != by.pk:
            del self.fields["used_by"]
        else:
            is_hidden = row.project.hides_new_runs if self.is_new else row.is_hidden
            self.initial.setdefault("used_by", ONLY_ME if is_hidden else MEMBERS)

    @property
    def is_hidden(self) -> bool | None:
        """Return whether only its user sees it; None if that was not asked or not answered."""
        used_by = self.cleaned_data.get("used_by")
        return used_by == ONLY_ME if used_by else None

    def save(self, commit: bool = True) -> Any:
        """Save the row; raises Refused if the project has no room for a new one."""
        if self.is_hidden is not None:
            self.instance.is_hidden = self.is_hidden
        if self.is_new:
            rows_of(type(self.instance)).require_room(self.instance.project)
        return super().save(commit)


class TextsForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row's name and other texts on its page.

    Texts that were not posted, and a name that was left empty, do not change.
    """

    class Meta:
        formfield_callback = field_of

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in self.fields.values():
            field.required = False
        if self.is_bound and not self.instance._state.adding:
            for name in [name for name in self.fields if name not in self.data]:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Return the typed texts, with the former name if the name is empty."""
        cleaned = super().clean() or self.cleaned_data
        name_field = self.instance.searched[0]
        if cleaned.get(name_field) == "":
            cleaned[name_field] = self.initial[name_field]
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Save only the texts, because somebody else may have changed other columns."""
        row = self.instance
        if row._state.adding:
            return super().save(commit)
        stamped = (column.name for column in row._meta.fields if getattr(column, "auto_now", False))
        row.save(update_fields=[*self.fields, *stamped])
        return row
