"""Base classes of all forms: fields that tidy typed text, and one template per field."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting

from core.refusals import Refused

MOST_PASTED_CHARS = 16 << 20  # no post is larger (DATA_UPLOAD_MAX_MEMORY_SIZE)
LAST_YEAR = 9000
NUL = "\x00"  # PostgreSQL stores none; Django has replaced lone surrogates already


class BoundField(forms.BoundField):
    """A field in a form; the first one with an error gets the focus."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        """Return the attributes of the control; it has no autocompletion unless its form asks."""
        attrs = super().build_widget_attrs(attrs, widget)
        control = widget or self.field.widget
        if isinstance(control, forms.TextInput) and "autocomplete" not in control.attrs:
            attrs["autocomplete"] = "off"
        if self.form.is_bound and next(iter(self.form.errors), "") == self.name:
            attrs["autofocus"] = True
        return attrs


class DayField(forms.DateField):
    """A day; one of the last years is refused, since nothing can be added to it."""

    default_error_messages = {"invalid": "Write a day as 2026-11-27."}

    def to_python(self, value: Any) -> date | None:
        """Parse the day."""
        day = super().to_python(value)
        if day and day.year > LAST_YEAR:
            raise forms.ValidationError("Choose an earlier day.")
        return day


class Renderer(TemplatesSetting):
    """Draws each field by `templates/_field.html`; named by the setting FORM_RENDERER."""

    field_template_name = "_field.html"
    bound_field_class = BoundField


def cleaned(form: forms.BaseForm) -> dict[str, Any]:
    """Return a form's cleaned data; raises Refused with its first error."""
    if form.is_valid():
        return form.cleaned_data
    field, errors = next(iter(form.errors.items()))
    raise Refused(str(errors[0]), field)


class LineField(forms.CharField):
    """A text on one line: composed, without control characters, with single spaces.

    A text longer than `max_length` is refused with a message and not cut: the control itself sets
    no limit, which would silently cut a pasted text.
    """

    def __init__(self, *, max_length: int, required: bool | str = True, **more: Any) -> None:
        """Make a field; `required` may be the message that asks for it."""
        errors = {"max_length": "Keep it to %(limit_value)d characters: this has %(show_value)d."}
        if isinstance(required, str):
            errors["required"] = required
        errors |= more.pop("error_messages", {})
        super().__init__(
            max_length=max_length, required=bool(required), error_messages=errors, **more
        )

    def to_python(self, value: Any) -> str:
        """Return the tidied text."""
        text = unicodedata.normalize("NFC", super().to_python(value) or "")
        return " ".join(text.replace(NUL, " ").split())

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes of the control."""
        return {"dir": "auto"}


class TextField(LineField):
    """A text of several lines, whose line breaks and spaces stay as they were typed."""

    widget = forms.Textarea({"rows": "4"})

    def to_python(self, value: Any) -> str:
        """Return the text with `\\n` between its lines, stripped if `strip` is set."""
        raw_text = forms.CharField.to_python(self, value) or ""
        text = raw_text.replace(NUL, "").replace("\r\n", "\n")
        return text.strip() if self.strip else text


class DocumentForm(forms.Form):
    """A document that was made elsewhere: a file, or else its text."""

    file = forms.FileField(required=False, allow_empty_file=True)
    text = TextField(
        label="or its text",
        max_length=MOST_PASTED_CHARS,
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": "10", "spellcheck": "false", "class": "mono"}),
    )

    def __init__(self, *args: Any, accept: str, **more: Any) -> None:
        """Make a form that offers files whose types or endings `accept` names."""
        super().__init__(*args, **more)
        self.fields["file"].widget.attrs["accept"] = accept

    def refuse(self, why: str) -> None:
        """Add an error about the document to the control that it came from."""
        self.add_error("file" if self.cleaned_data.get("file") else "text", why)
