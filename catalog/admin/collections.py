"""Collections in the admin, with the same limits as on their own pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.messages import ERROR
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.curation import collection_editing
from catalog.models import Collection, CollectionItem
from catalog.views import import_export


class ItemInline(admin.TabularInline):  # type: ignore[type-arg]
    """The models of a collection, by position."""

    model = CollectionItem
    autocomplete_fields = ["endpoint"]
    fields = ["position", "endpoint", "note"]
    extra = 1
    max_num = collection_editing.MOST_ITEMS

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Limit the number of models as the collection's own page does."""
        return super().get_formset(request, obj, validate_max=True, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CollectionItem]:
        """Load the endpoints' names in the same query."""
        return CollectionItem.objects.for_cards().order_by("position", "pk")


class CollectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A collection's form, with the limits of its pages and its export file."""

    def clean_slug(self) -> str:
        """Reject a slug that another page uses."""
        slug = str(self.cleaned_data["slug"])
        if slug in collection_editing.RESERVED:
            raise forms.ValidationError(f"“{slug}” is the address of another page.")
        return slug

    def clean(self) -> dict[str, Any]:
        """Clean the texts; reject those longer than an export file allows."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        title, description = (str(cleaned.get(name, "")) for name in ("title", "description"))
        try:
            texts = collection_editing.Arrangement(title, description).cleaned()
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return cleaned | {"title": texts.title, "description": texts.description}


class CollectionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Edit a collection: add models, order them by position, publish."""

    form = CollectionForm
    list_display = ["title", "position", "is_published", "size", "page_link"]
    list_editable = ["position", "is_published"]
    search_fields = ["title", "description"]
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["cover"]
    readonly_fields = ["owner"]
    inlines = [ItemInline]
    actions = ["export"]

    @admin.action(description="Save as a file")
    def export(
        self, request: HttpRequest, collections: QuerySet[Collection]
    ) -> HttpResponseBase | None:
        """Download the selected collections as JSON, which another Vitrine can import."""
        try:
            return import_export.as_file(collections.select_related("cover"), "collections")
        except ValueError as error:
            self.message_user(request, str(error), level=ERROR)
            return None

    def save_model(self, request: HttpRequest, obj: Collection, form: Any, change: bool) -> None:
        """Make the user who creates a collection its owner."""
        if not change:
            obj.owner_id = request.user.pk
        super().save_model(request, obj, form, change)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        """Annotate the number of models."""
        collections: QuerySet[Collection] = super().get_queryset(request)
        return collections.annotate(item_count=Count("items"))

    @admin.display(description="models", ordering="item_count")
    def size(self, collection: Any) -> int:
        """Number of models."""
        return int(collection.item_count)

    @admin.display(description="page")
    def page_link(self, collection: Collection) -> SafeString:
        """A link to the collection's public page."""
        return format_html('<a href="{}">open</a>', collection.get_absolute_url())
