"""Users and groups in the admin. A person's role and account are changed on the person's page.

django-auditlog's page is unregistered, because `/people/audit/` shows the audit log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.signals import password_changed
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import roles
from accounts.audit.entries import AuditEntry
from accounts.second_factor import reset
from core.formatting import counted
from core.refusals import Refused
from runs.models import Run
from runs.results import figures

admin.site.unregister([User, Group, AuditEntry])
MIGHTY = ("is_staff", "is_superuser", "groups", "user_permissions")


def _limit_choices(db_field: Any, field: Any) -> Any:
    """Limit a choice of permissions to the models that the admin shows."""
    if db_field.related_model is Permission and field is not None:
        content_types = ContentType.objects.get_for_models(*admin.site._registry).values()
        field.queryset = field.queryset.filter(content_type__in=content_types)
    return field


def _run_column(run_figures: figures.Figures) -> Callable[[Any], SafeString | str]:
    """Return the column with each user's number of runs, as a link, and the date of the last."""

    @admin.display(description=f"runs, counted {run_figures.made_at:%Y-%m-%d %H:%M} UTC")
    def runs(person: Any) -> SafeString | str:
        if not person.last_run_at:
            return "none"
        address = f"{reverse('library:runs')}?whose={person.username}"
        count = run_figures.values.get(str(person.pk)) or "new"
        last = f"{person.last_run_at:%Y-%m-%d}"
        return format_html('<a href="{}">{}</a>, last {}', address, count, last)

    return runs


def _is_role(group: Any) -> bool:
    return group is not None and group.name in roles.Role.values


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    """Django's form; refuses changes that would leave Vitrine without an admin."""

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError if the last admin would lose the role."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        groups = cleaned.get("groups")
        names = {group.name for group in (groups if groups is not None else [])}
        after = User(
            is_staff=cleaned.get("is_staff", self.instance.is_staff),
            is_superuser=cleaned.get("is_superuser", self.instance.is_superuser),
        )
        if "groups" in self.fields and roles.role_in(after, names) != roles.Role.ADMIN:
            roles.lock()
            try:
                roles.require_another_admin(self.instance)
            except Refused as refusal:
                raise ValidationError(str(refusal)) from refusal
        return cleaned


@admin.register(Group)
class TeamAdmin(GroupAdmin):
    """Django's group admin, with the permissions of the admin's own models only.

    The groups of roles cannot be deleted or renamed; operators may change their permissions.
    """

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the group may be deleted; never a role's group."""
        return not _is_role(obj) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the name, if the group is a role's."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "name"] if _is_role(obj) else fields

    def formfield_for_manytomany(self, db_field: Any, *args: Any, **kwargs: Any) -> Any:
        """Limit the choice of permissions."""
        return _limit_choices(db_field, super().formfield_for_manytomany(db_field, *args, **kwargs))


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's user admin, with each user's runs; a link leads to the person's page."""

    list_display = [
        "username",
        "full_name",
        "email",
        "is_active",
        "role",
        "last_login",
    ]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]
    actions = ["reset_second_factor"]
    change_form_template = "admin/person.html"
    form = PersonForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Annotate users with the time of their last run."""
        users: QuerySet[User] = super().get_queryset(request)
        runs = Run.objects.kept().filter(user=OuterRef("pk")).order_by("-created_at")
        users = users.prefetch_related("groups")
        return users.annotate(last_run_at=Subquery(runs.values("created_at")[:1]))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Add the column of runs; the worker counts them, and the column's head shows when."""
        return [*self.list_display, _run_column(figures.read(figures.RUNS_OF_PEOPLE))]

    def formfield_for_manytomany(self, db_field: Any, *args: Any, **kwargs: Any) -> Any:
        """Limit the choice of permissions."""
        return _limit_choices(db_field, super().formfield_for_manytomany(db_field, *args, **kwargs))

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
        """Return the role in the house."""
        return str(roles.role_of(person).label)

    @admin.action(description="Remove the second factor (lost phone)", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Remove the selected people's second factors and end their sessions."""
        count = 0
        for person in people:
            try:
                count += bool(reset.reset_second_factor(person, request.user))  # type: ignore[arg-type]
            except PermissionDenied as refusal:
                self.message_user(request, f"{person}: {refusal}", messages.ERROR)
        outcome = f"The second factor of {counted(count, 'account')} is removed"
        self.message_user(request, f"{outcome}; their sessions are ended.")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Redirect to the page that asks what happens to the user's work."""
        person = self.get_object(request, object_id)
        if person is None or not self.has_delete_permission(request, person):
            raise PermissionDenied
        return redirect("people:person-departure", person.pk)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Set a password as Django does, then end the person's other sessions."""
        before = self.get_object(request, unquote(id))
        response = super().user_change_password(request, id, form_url)
        person = self.get_object(request, unquote(id))
        if before and person and person.password != before.password:
            password_changed.send(sender=User, request=request, user=person)
        return response

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Make `is_active` read-only, because it is changed on the person's page.

        Only superusers may change fields that give power; others could give it to themselves.
        """
        mighty = () if request.user.is_superuser else MIGHTY
        return [*super().get_readonly_fields(request, obj), "is_active", *mighty]
