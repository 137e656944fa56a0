"""Admin actions on many models: set a status, block with a reason, add to a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AdminTextInputWidget
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalog.curation import collection_editing, moderation
from catalog.models import Collection, Endpoint, Standing
from core.forms import LineField
from core.http.posts import hidden, is_posted, ticked

if TYPE_CHECKING:
    from catalog.models.querysets import EndpointQuerySet

NAMED = 20  # models that a confirmation page lists by name


class BlockForm(forms.Form):
    """Why models are blocked."""

    reason = LineField(
        label="Why they are blocked (people who want to run one read this)",
        max_length=moderation.LONGEST_REASON,
        required=moderation.NO_REASON,
        widget=AdminTextInputWidget({"size": "60", "autofocus": True}),
    )


class CollectionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of collections, with drafts marked."""

    def label_from_instance(self, obj: Collection) -> str:
        """Return the title, with "(draft)" for drafts."""
        return obj.title if obj.is_published else f"{obj.title} (draft)"


class CollectForm(forms.Form):
    """The collection that models are added to."""

    collection = CollectionField(
        Collection.objects.all(),
        empty_label=None,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a collection."),
    )


class BulkActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """The actions of the endpoint list; each takes a fixed number of queries."""

    actions = ["approve", "mark_experimental", "block", "clear_standing", "collect"]

    def has_collect_permission(self, request: HttpRequest) -> bool:
        """Whether the user may change the models of collections."""
        return request.user.has_perm("catalog.change_collection")

    @admin.action(description="Approve", permissions=["change"])
    def approve(self, request: HttpRequest, endpoints: EndpointQuerySet) -> None:
        """Mark as approved."""
        self._judge(request, endpoints, Standing.APPROVED)

    @admin.action(description="Mark as experimental", permissions=["change"])
    def mark_experimental(self, request: HttpRequest, endpoints: EndpointQuerySet) -> None:
        """Mark as experimental."""
        self._judge(request, endpoints, Standing.EXPERIMENTAL)

    @admin.action(description="Remove the mark", permissions=["change"])
    def clear_standing(self, request: HttpRequest, endpoints: EndpointQuerySet) -> None:
        """Clear the status; blocked models can be run again."""
        self._judge(request, endpoints, "")

    @admin.action(description="Block, for a reason…", permissions=["change"])
    def block(self, request: HttpRequest, endpoints: EndpointQuerySet) -> HttpResponse | None:
        """Block the models; shows a form for the reason first."""
        form = BlockForm(request.POST if is_posted(request, "go") else None)
        if not form.is_valid():
            return self._render_form(request, endpoints, "block", form)
        self._judge(request, endpoints, Standing.BLOCKED, form.cleaned_data["reason"])
        return None

    @admin.action(description="Add to a collection…", permissions=["collect"])
    def collect(self, request: HttpRequest, endpoints: EndpointQuerySet) -> HttpResponse | None:
        """Append the models to a collection that is selected in a form."""
        form = CollectForm(request.POST if is_posted(request, "go") else None)
        if not form.is_valid():
            return self._render_form(request, endpoints, "collect", form)
        collection = form.cleaned_data["collection"]
        selected = endpoints.select_related(None).only("pk")[: collection_editing.MOST_ITEMS + 1]
        try:
            count = collection_editing.add_models(collection, list(selected))
        except ValueError as error:
            form.add_error("collection", str(error))
            return self._render_form(request, endpoints, "collect", form)
        self.message_user(request, f"{_models(count)} added to “{collection.title}”.")
        return None

    def _judge(
        self, request: HttpRequest, endpoints: EndpointQuerySet, mark: str, reason: str = ""
    ) -> None:
        # By primary key: the list's query may have joins and an order, which updates do not allow.
        selected = Endpoint.objects.filter(pk__in=endpoints.order_by().values("pk"))
        count = moderation.set_status(selected, mark, reason, request.user)  # type: ignore[arg-type]
        status = moderation.WORDS[mark].lower()
        self.message_user(request, f"{_models(count)}: {status}.")

    def _render_form(
        self, request: HttpRequest, endpoints: EndpointQuerySet, action: str, form: forms.Form
    ) -> HttpResponse:
        """Render the form that asks for the missing value and lists the models."""
        context = {
            **self.admin_site.each_context(request),
            "opts": Endpoint._meta,
            "title": "Block models" if action == "block" else "Add models to a collection",
            "action": action,
            "back": request.get_full_path(),  # the list with its search and filters
            "checkbox": ACTION_CHECKBOX_NAME,
            "picked": ticked(request, ACTION_CHECKBOX_NAME),
            "is_across": hidden(request, "select_across") == "1",
            "count": endpoints.count(),
            "endpoint_ids": list(endpoints.values_list("endpoint_id", flat=True)[:NAMED]),
            "form": form,
        }
        return TemplateResponse(request, "admin/catalog/bulk.html", context)


def _models(count: int) -> str:
    return f"{count} model{'s' * (count != 1)}"
