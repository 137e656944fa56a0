"""The curators' admin: Django's own, under Vitrine's name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import ERROR
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase


class KnownKeys(ModelAdmin):  # type: ignore[type-arg]
    """A list whose actions refuse in words what cannot be a row's key; Django's own answer is an error page."""

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        """Carry an action out, unless a key is none."""
        key: Any = self.opts.pk
        try:
            for text in request.POST.getlist(ACTION_CHECKBOX_NAME):
                key.clean(text, None)
        except ValidationError:
            rows = self.opts.verbose_name_plural
            words = (
                f"Nothing was done: what was picked names no {rows}. Pick them in the list again."
            )
            self.message_user(request, words, level=ERROR)
            return None
        return super().response_action(request, queryset)


class VitrineAdminSite(AdminSite):
    """Django's admin with our words at the top."""

    site_header = "Vitrine"
    site_title = "Vitrine admin"
    index_title = "Curate"

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """As Django does, with `KnownKeys` for every list: Django's own register theirs here too."""
        own = admin_class or ModelAdmin
        super().register(model_or_iterable, type(own.__name__, (KnownKeys, own), {}), **options)
