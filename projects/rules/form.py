"""The form of a new rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from core.formatting import counted
from fal.db_safe import db_safe_text
from projects.models import Rule
from projects.models.rule import REASON_CHARS, VALUE_CHARS
from projects.rules import editing, values
from projects.rules.editing import Terms
from projects.rules.preview import Preview, preview

if TYPE_CHECKING:
    from django.http import QueryDict

    from projects.models import Project

EXAMPLES = {
    Rule.Kind.ID: "fal-ai/flux/dev, or fal-ai/flux/*",
    Rule.Kind.OWNER: "the first part of an id: fal-ai",
    Rule.Kind.CATEGORY: "text-to-video",
    Rule.Kind.MARK: "approved, experimental, unmarked",
    Rule.Kind.QUESTION: "license:commercial price:<0.5",
}
MEANINGS = {
    Rule.Effect.FORBID: "locks these models",
    Rule.Effect.ONLY: "locks all other models; of several such rules, a model needs to match one",
    Rule.Effect.ALLOW: "makes an exception to a wider rule",
}
LOCKS_ALL = "This would lock all {}: nobody could run anything here."


class RuleForm(forms.Form):
    """The models, effect and reason of a rule; for the house also whether it is binding."""

    effect = forms.ChoiceField(label="Rule", choices=Rule.Effect, initial=Rule.Effect.FORBID)
    kind = forms.ChoiceField(label="Models by", choices=Rule.Kind, initial=Rule.Kind.OWNER)
    value = forms.CharField(
        label="Which",
        required=False,
        max_length=VALUE_CHARS,
        widget=forms.TextInput({"list": "rule-suggestions", "dir": "auto", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=REASON_CHARS,
        widget=forms.TextInput({"dir": "auto"}),
        help_text="Shown to people who want to run such a model.",
    )
    is_binding = forms.BooleanField(
        label="Binding: projects cannot make exceptions", required=False, initial=True
    )

    def __init__(self, project: Project | None, data: QueryDict | None) -> None:
        super().__init__(data)
        self.project = project
        self.preview: Preview | None = None
        if project is not None:
            del self.fields["is_binding"]

    @property
    def terms(self) -> Terms:
        """Return the values of the valid form."""
        return Terms(**self.cleaned_data)

    def clean_reason(self) -> str:
        """Return the reason on one line."""
        return " ".join(db_safe_text(self.cleaned_data["reason"]).split())

    def clean(self) -> dict[str, Any]:
        """Parse the models and preview the rule; adds errors to `value`."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            cleaned["value"] = values.read(cleaned["kind"], cleaned["value"])
        except ValueError as error:
            self.add_error("value", str(error))
            return cleaned
        if rule := editing.same_models(self.project, cleaned["kind"], cleaned["value"]):
            self.add_error("value", editing.already(rule))
            return cleaned
        self.preview = preview(self.project, Terms(**cleaned).as_rule(self.project))
        if self.preview.locks_everything:
            self.add_error("value", LOCKS_ALL.format(counted(self.preview.total, "model")))
        return cleaned
