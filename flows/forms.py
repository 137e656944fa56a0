"""The form of a flow's name, and of who sees it."""

from __future__ import annotations

from typing import Any

from flows.models import Flow
from kept.forms import TextsForm

NAMELESS = "Untitled flow"


class FlowForm(TextsForm):
    """A flow's name; who may remove it also chooses who sees it."""

    class Meta(TextsForm.Meta):
        model = Flow
        fields = ("name", "visibility")

    def __init__(self, *args: Any, may_open: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if not may_open:
            self.fields.pop("visibility", None)
        if visibility := self.fields.get("visibility"):
            members, everybody = Flow.Visibility
            is_private = self.instance.project.is_private
            visibility.label = "Who sees it"
            visibility.choices = [  # type: ignore[attr-defined]
                (members, "Only me" if is_private else members.label),
                (everybody, "Everybody in the house: they may run and copy it"),
            ]

    def clean_name(self) -> str:
        """Return the name of a flow, which always has one."""
        return self.cleaned_data["name"] or NAMELESS
