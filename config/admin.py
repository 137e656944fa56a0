"""Vitrine's admin site: Django's with Vitrine's design, and a status page for operators."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from typing import Any

import django
from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.auth.decorators import login_not_required
from django.contrib.messages import ERROR
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from accounts import permissions
from accounts.audit import trail
from core.version import full_version

PEOPLE = {"Users": "Members", "Groups": "Roles"}  # Django's words → ours


def versions() -> dict[str, str]:
    """Return the versions of Vitrine, Django, Python and the database."""
    database = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    number = ".".join(map(str, connection.get_database_version()))
    return {
        "Vitrine": full_version(),
        "Django": django.get_version(),
        "Python": platform.python_version(),
        database: number,
    }


class AuditedAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Copies Django's admin log, which is deleted with its author's account, to the audit log.

    Also rejects actions on values that cannot be primary keys, and values in an address that their
    fields cannot hold; Django itself would answer 500.
    """

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Return the list under the name of its rows: "Models", not "Select model to change".

        Its filters are dropped if one is a number that SQLite cannot hold.
        """
        plural = capfirst(str(self.opts.verbose_name_plural))
        title = {"title": PEOPLE.get(plural, plural)}
        try:
            return super().changelist_view(request, title | (extra_context or {}))
        except OverflowError:
            return redirect(f"{request.path}?{ERROR_FLAG}=1")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the values in the address that their fields can hold."""
        filled = super().get_changeform_initial_data(request)
        return {name: value for name, value in filled.items() if self._can_hold(name, value)}

    def _can_hold(self, name: str, value: str | list[str]) -> bool:
        column = {field.name: field for field in self.opts.get_fields()}.get(name)
        control = column.formfield() if isinstance(column, Field) else None
        try:
            return control is None or control.clean(value) is not None
        except (ValidationError, OverflowError):
            return False

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Return the product's page of a row, or of the model that it is about."""
        if not self.view_on_site:
            return None
        pages = (
            getattr(row, "get_absolute_url", None) for row in (obj, getattr(obj, "endpoint", None))
        )
        return next((page() for page in pages if page), None)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """Record an added row in both logs."""
        return self._record(request, "added", [obj], super().log_addition(request, obj, message))

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """Record a changed row in both logs."""
        return self._record(request, "changed", [obj], super().log_change(request, obj, message))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[LogEntry]:
        """Record deleted rows in both logs."""
        trail.record(request.user, "deleted", queryset)
        return super().log_deletions(request, queryset)

    def _record(
        self, request: HttpRequest, action: str, rows: list[Model], entry: LogEntry
    ) -> LogEntry:
        trail.record(request.user, action, rows, entry.get_change_message())
        return entry

    def response_action(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse | None:
        """Run the action; if a selected key is malformed, show a message and run nothing."""
        primary_key: Any = self.opts.pk
        try:
            for value in request.POST.getlist(ACTION_CHECKBOX_NAME):
                primary_key.clean(value, None)
        except ValidationError:
            rows = self.opts.verbose_name_plural
            message = (
                f"Nothing was done: the selection contains something other than {rows}. Select "
                "them in the list again."
            )
            self.message_user(request, message, level=ERROR)
            return None
        return super().response_action(request, queryset, *args, **kwargs)


class VitrineAdminSite(AdminSite):
    """Django's admin site under Vitrine's name, with Vitrine's sign-in and checked action keys."""

    site_header = "Vitrine"
    site_title = "Vitrine admin"
    index_title = "Admin"
    enable_nav_sidebar = False

    def get_urls(self) -> list[Any]:
        """Return Django's URLs and that of the status page."""
        view = self.admin_view(require_safe(self.status))
        return [path("status/", view, name="status"), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return Django's list, with its app `auth` under names for people."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            if app["app_label"] == "auth":
                app["name"] = "People"
                for model in app["models"]:
                    model["name"] = PEOPLE.get(model["name"], model["name"])
        return apps

    def status(self, request: HttpRequest) -> HttpResponse:
        """Show operators the state of workers, queue, upstream, sync and storage."""
        permissions.require(request.user, permissions.VIEW_WORKER)
        # The models of other apps can be imported once all apps are loaded.
        from features.spending.bills import balance
        from house.operations import doctor, status
        from house.operations.findings import findings

        money = permissions.CHANGE_BUDGETS

        context = {
            **self.each_context(request),
            "title": "Status",
            "status": status.load_status(request.user),
            "versions": versions(),
            "findings": list(findings(doctor.QUIET)),
            "sees_runs": permissions.may_see_runs(request.user),
            "account": balance.account() if permissions.may(request.user, money) else None,
        }
        return TemplateResponse(request, "admin/status.html", context)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Redirect to Vitrine's login page, so that a second factor is required here too."""
        guarded = secure_admin_login(super().login)  # type: ignore[no-untyped-call]
        return guarded(request, extra_context)

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register with `AuditedAdmin` mixed in, for Django's own models too."""
        base = admin_class or ModelAdmin
        checked = type(base.__name__, (AuditedAdmin, base), {})
        super().register(model_or_iterable, checked, **options)
