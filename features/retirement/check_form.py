"""The form of a new check: its inputs, and the most that a round may cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction

from catalog.models import Endpoint
from core.formatting import counted
from features.retirement import checking
from features.retirement.models import CheckRun, ModelCheck
from projects.kept.forms import KeptForm
from runs.models import Run
from runs.start.starting import in_dollars
from schemas.estimate import wording

CENT = Decimal("0.01")


class CheckForm(KeptForm):
    """A check of the model `endpoint`, with results of this model as its inputs."""

    endpoint = forms.ModelChoiceField(
        Endpoint.objects.all(), to_field_name="endpoint_id", widget=forms.HiddenInput
    )
    run = forms.ModelMultipleChoiceField(
        Run.objects.none(), error_messages={"required": "Choose a result."}
    )
    limit_usd = forms.DecimalField(
        label="Spend at most in a round (US dollars)",
        min_value=CENT,
        help_text="A round that may cost more does not begin.",
    )

    class Meta(KeptForm.Meta):
        model = ModelCheck
        fields = ("endpoint", "limit_usd")

    def __init__(self, *args: Any, **more: Any) -> None:
        """Make the form; see KeptForm."""
        super().__init__(*args, **more)
        named = self.data.get("endpoint") or self.initial.get("endpoint") or ""
        self.model = Endpoint.objects.filter(endpoint_id=named).first()
        self.offered = checking.offered(self.by, self.instance, self.model)
        self.fields["run"].queryset = self.offered  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse too many inputs, and a limit below what a round may cost."""
        cleaned = super().clean() or self.cleaned_data
        runs, limit = cleaned.get("run"), cleaned.get("limit_usd")
        if runs and len(runs) > checking.MOST_INPUTS:
            self.add_error("run", f"Choose {counted(checking.MOST_INPUTS, 'result')} at most.")
        elif runs and limit:
            cost = checking.estimate(runs)
            most = None if cost.unknown_count else in_dollars(cost)
            if most is None:
                self.add_error("limit_usd", "The price of a run is unknown: no limit would hold.")
            elif most > limit:
                label = wording.label_for_pages(f": {cost.most_in_words}")
                self.add_error("limit_usd", f"A round may cost more{label}.")
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Save the check with its inputs; raises Refused if the project has no room."""
        self.instance.name = self.cleaned_data["endpoint"].name
        with transaction.atomic():
            check = super().save(commit)
            CheckRun.objects.bulk_create(
                CheckRun(check_of=check, run=run, place=place)
                for place, run in enumerate(self.cleaned_data["run"])
            )
        return check
