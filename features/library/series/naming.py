"""Finds a series of the project by name, or creates it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from core.forms import LineField
from core.refusals import Refused
from features.library.models import Series
from features.library.models.series import MAX_NAME_CHARS
from projects import roles

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project


class NameForm(forms.Form):
    """The name of an existing or a new series."""

    named = LineField(
        label="A new series",
        max_length=MAX_NAME_CHARS,
        required="Give the series a name.",
        widget=forms.TextInput({"placeholder": "Poster, second round"}),
    )


def named(user: User, project: Project, form: NameForm) -> Series:
    """Return the project's series with the typed name in any case, or a new one.

    Raises PermissionDenied if the user is not a maker of the project, and Refused if the name is
    invalid or the project has too many series.
    """
    if not form.is_valid():
        raise Refused(*form.errors["named"])
    name = form.cleaned_data["named"]
    roles.require_maker(user, project)
    existing = Series.objects.taking_results_of(user).filter(project=project).called(name).first()
    if existing:
        return existing
    Series.objects.require_room(project)
    hides = project.hides_new_runs
    return Series.objects.create(user=user, project=project, name=name, is_hidden=hides)
