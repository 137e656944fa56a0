"""Users in the admin: their runs, and the page that removes a user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import audit
from accounts.second_factor import reset
from core.formatting import counted
from runs import figures
from runs.models import Run
from runs.ownership import handover

admin.site.unregister([User, Group])


def _limit_choices(db_field: Any, field: Any) -> Any:
    """Limit a choice of permissions to the models that the admin shows."""
    if db_field.related_model is Permission and field is not None:
        shown = ContentType.objects.get_for_models(*admin.site._registry).values()
        field.queryset = field.queryset.filter(content_type__in=shown)
    return field


def _run_column(counted: figures.Figures) -> Callable[[Any], SafeString | str]:
    """Return the column with each user's number of runs, as a link, and the date of the last."""

    @admin.display(description=f"runs, counted {counted.made_at:%Y-%m-%d %H:%M} UTC")
    def runs(person: Any) -> SafeString | str:
        if not person.last_run_at:
            return "none"
        address = f"{reverse('playground:runs')}?whose={person.username}"
        count = counted.values.get(str(person.pk)) or "new"
        last = f"{person.last_run_at:%Y-%m-%d}"
        return format_html('<a href="{}">{}</a>, last {}', address, count, last)

    return runs


@admin.register(Group)
class TeamAdmin(GroupAdmin):
    """Django's group admin, with the permissions of the admin's own models only."""

    def formfield_for_manytomany(self, db_field: Any, *args: Any, **kwargs: Any) -> Any:
        """Limit the choice of permissions."""
        return _limit_choices(db_field, super().formfield_for_manytomany(db_field, *args, **kwargs))


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's user admin, with each user's runs and a removal that keeps what they made."""

    list_display = [
        "username",
        "full_name",
        "email",
        "is_active",
        "role",
        "last_login",
    ]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]
    actions = ["deactivate", "reactivate", "reset_second_factor"]
    change_form_template = "admin/person.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Annotate users with the time of their last run."""
        users: QuerySet[User] = super().get_queryset(request)
        runs = Run.objects.kept().filter(user=OuterRef("pk")).order_by("-created_at")
        return users.annotate(last_run_at=Subquery(runs.values("created_at")[:1]))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Add the column of runs: a worker has counted them, and the head says when."""
        return [*self.list_display, _run_column(figures.read(figures.RUNS_OF_PEOPLE))]

    def formfield_for_manytomany(self, db_field: Any, *args: Any, **kwargs: Any) -> Any:
        """Limit the choice of permissions."""
        return _limit_choices(db_field, super().formfield_for_manytomany(db_field, *args, **kwargs))

    def get_urls(self) -> list[Any]:
        """Add the URL of the removal page."""
        view = self.admin_site.admin_view(self.removal_view)
        return [path("<int:pk>/removal/", view, name="auth_user_removal"), *super().get_urls()]

    def get_actions(self, request: HttpRequest, *location: Any) -> dict[str, Any]:
        """Remove Django's bulk deletion, which fails for every user who has runs."""
        actions: dict[str, Any] = super().get_actions(request, *location)
        actions.pop("delete_selected", None)
        return actions

    @admin.display(description="name", ordering="first_name")
    def full_name(self, person: User) -> str:
        """Return the first and last name."""
        return person.get_full_name()

    @admin.display(description="role", ordering="-is_superuser")
    def role(self, person: User) -> str:
        """Return "superuser", "staff" or an empty text."""
        return "superuser" if person.is_superuser else "staff" if person.is_staff else ""

    @admin.action(description="Deactivate: nobody can sign in, all is kept", permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Deactivate the selected accounts; report those for which this is refused."""
        count = 0
        for person in people:
            try:
                handover.deactivate(person, request.user)  # type: ignore[arg-type]
                count += 1
            except handover.Refused as refused:
                self.message_user(request, f"{person}: {refused}", messages.ERROR)
        if count:
            self.message_user(request, f"{count} deactivated; their sessions are ended.")

    @admin.action(description="Activate again", permissions=["change"])
    def reactivate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Reactivate the selected accounts."""
        activated = User.objects.filter(pk__in=people.values("pk"), is_active=False)
        with transaction.atomic():
            audit.record(request.user, "activated", activated)
            count = activated.update(is_active=True)
        self.message_user(request, f"{count} activated.")

    @admin.action(description="Take the second factor away (lost phone)", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Remove the selected people's second factors and end their sessions."""
        count = 0
        for person in people:
            try:
                count += bool(reset.reset_second_factor(person, request.user))  # type: ignore[arg-type]
            except PermissionDenied as refused:
                self.message_user(request, f"{person}: {refused}", messages.ERROR)
        done = f"The second factor of {counted(count, 'account')} is removed"
        self.message_user(request, f"{done}; their sessions are ended.")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Redirect to the removal page, which asks what happens to the user's runs."""
        person = self.get_object(request, object_id)
        if person is None or not self.has_delete_permission(request, person):
            raise PermissionDenied
        return redirect("admin:auth_user_removal", person.pk)

    def removal_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Show the removal page; a POST deactivates the user or hands their belongings over."""
        person = get_object_or_404(User, pk=pk)
        may = {
            "deactivate": self.has_change_permission(request, person),
            "pass_on": self.has_delete_permission(request, person),
        }
        if not any(may.values()):
            raise PermissionDenied
        if request.method != "POST":
            return self._removal_page(request, person, may)
        how = request.POST.get("how", "")
        if how in may and not may[how]:
            raise PermissionDenied
        try:
            self._remove(request, person, how)
        except handover.Refused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return self._removal_page(request, person, may, status=422)
        return redirect("admin:auth_user_changelist")

    def _remove(self, request: HttpRequest, person: User, how: str) -> None:
        by: Any = request.user
        if how == "deactivate":
            handover.deactivate(person, by)
            self.message_user(request, f"{person} is deactivated: nobody can sign in, all is kept.")
        elif how == "pass_on":
            key = request.POST.get("to", "")
            to = User.objects.filter(pk=int(key[:18])).first() if key.isdecimal() else None
            if to is None:
                raise handover.Refused("Choose who gets it.")
            name = str(person)
            passed = handover.pass_on(person, to, by)
            belongings = ", ".join(
                f"{belonging.number} {belonging.label}" for belonging in passed if belonging.number
            )
            self.log_change(
                request, to, f"Got from {name}, who was removed: {belongings or 'nothing'}."
            )
            self.message_user(
                request, f"{name} is removed; {to} has got {belongings or 'nothing'}."
            )
        else:
            raise handover.Refused("Choose what becomes of the account.")

    def _removal_page(
        self, request: HttpRequest, person: User, may: dict[str, bool], status: int = 200
    ) -> HttpResponse:
        others = User.objects.filter(is_active=True).exclude(pk=person.pk).order_by("username")
        context = {
            **self.admin_site.each_context(request),
            "opts": User._meta,
            "title": f"Remove {person}",
            "person": person,
            "belongings": [
                belonging for belonging in handover.belongings(person) if belonging.number
            ],
            "others": others,
            "may": may,
            "chosen": request.POST.get("how") or ("deactivate" if may["deactivate"] else "pass_on"),
            "chosen_to": request.POST.get("to", ""),
        }
        return TemplateResponse(request, "admin/removal.html", context, status=status)
