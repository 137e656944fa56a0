"""The choices of a person who connects a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.idp.oidc.forms import AuthorizationForm
from django import forms

from api import tokens
from api.forms import ProjectField
from features.spending.models import Budget

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NO_SUM = "Say up to which sum, such as 5.00, or leave it empty."


class ConsentForm(AuthorizationForm):
    """What a program may do, in which project, and up to which sum."""

    def __init__(self, *args: Any, user: User, **more: Any) -> None:
        super().__init__(*args, user=user, **more)
        self.user = user
        scopes: Any = self.fields["scopes"]
        asked_for = {key for key, _ in scopes.choices}
        scopes.choices = [(key, what) for key, what in tokens.SCOPES.items() if key in asked_for]
        scopes.error_messages = dict.fromkeys(("required", "invalid_choice"), tokens.NO_SCOPE)
        self.fields["project"] = ProjectField(user)
        self.fields["limit"] = forms.DecimalField(
            required=False,
            min_value=0,
            max_digits=9,
            decimal_places=2,
            error_messages={"invalid": NO_SUM, "min_value": NO_SUM},
        )
        self.fields["period"] = forms.ChoiceField(
            required=False, choices=Budget.Period.choices, initial=Budget.Period.MONTH
        )

    def clean(self) -> dict[str, Any]:
        """Refuse one more token than a person may have."""
        if refusal := tokens.refusal_of_one_more(self.user):
            raise forms.ValidationError(refusal)
        return dict(super().clean() or {})

    def choices(self, name: str) -> dict[str, Any]:
        """Return what is kept with the code, as JSON, for a program of this name."""
        cleaned = self.cleaned_data
        project, limit = cleaned["project"], cleaned["limit"]
        return {
            "name": name,
            "project": project.pk if project else None,
            "limit": None if limit is None else str(limit),
            "period": cleaned["period"] or Budget.Period.MONTH,
        }
