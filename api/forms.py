"""Form fields of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from api.reach import Reach

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

NOT_A_MEMBER = "You are not a member of this project. Choose another one."


class ProjectField(forms.ChoiceField):
    """Asks for the only project of a token; None for all of the person's."""

    def __init__(self, user: User, **more: Any) -> None:
        self.projects = {project.key: project for project in Reach(user).projects}
        named = ((key, project.name) for key, project in self.projects.items())
        choices = [("", "All my projects"), *named]
        messages = {"invalid_choice": NOT_A_MEMBER}
        super().__init__(choices=choices, required=False, error_messages=messages, **more)

    def clean(self, value: Any) -> Project | None:
        """Return the chosen project."""
        return self.projects.get(super().clean(value))
