"""Keys of projects in the admin: enter, try at fal, replace and remove them; never show them."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from core.admin import RestrictedAdmin
from core.formatting import counted, money
from projects.models import Project
from runs.keys import new_key
from runs.models import Charge, ProjectKey, Run

ANSWER_WITHIN_S = 6.0
STILL_TRIED = (
    "Not used yet: fal has not answered. The project uses the key as soon as fal accepts it."
)
SHOWN = (
    "project",
    "key_id",
    "state",
    "trouble",
    "sent_with_it",
    "made_by",
    "made_at",
    "accepted_at",
    "ended_at",
)
State = ProjectKey.State


class KeyForm(forms.Form):
    """A form for the project and its key. The page never repeats the typed key."""

    project = forms.ModelChoiceField(
        Project.objects.none(), empty_label="Choose a project", label="Project"
    )
    key = forms.CharField(
        label="Key",
        max_length=new_key.MAX_CHARS,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "size": 60, "spellcheck": "false"}, render_value=False
        ),
        help_text="key_id:key_secret, as fal's dashboard shows it once.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Project]", self.fields["project"])
        field.queryset = Project.objects.active().filter(person=None)


@admin.register(ProjectKey)
class ProjectKeyAdmin(RestrictedAdmin):
    """Lists current and former keys; each key's page summarises the runs that were sent with it."""

    denied = {
        "change": "a key is replaced by another one",
        "delete": "the list says which key a run was sent with",
    }
    list_display = ["project", "key_id", "state", "trouble", "runs", "made_by", "accepted_at"]
    list_filter = ["state"]
    list_select_related = ["project", "made_by"]
    search_fields = ["project__name", "key_id"]
    fields = SHOWN
    readonly_fields = SHOWN
    view_on_site = False
    change_form_template = "admin/keys/key.html"
    change_list_template = "admin/keys/list.html"

    def get_urls(self) -> list[Any]:
        """Add the URLs of the two buttons on a key's page."""
        of_key = [("remove", self.remove_view), ("put-back", self.put_back_view)]
        return [
            *(
                path(
                    f"<int:pk>/{name}/",
                    self.admin_site.admin_view(view),
                    name=f"playground_projectkey_{name}",
                )
                for name, view in of_key
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProjectKey]:
        """Annotate each key with the number of its runs."""
        rows: QuerySet[ProjectKey] = super().get_queryset(request)
        return rows.annotate(run_count=Count("runs"))

    @admin.display(description="runs", ordering="run_count")
    def runs(self, key: Any) -> SafeString:
        """Return the number of runs sent with the key, as a link to them."""
        return format_html('<a href="{}">{}</a>', _runs_address(key), key.run_count)

    @admin.display(description="sent with it")
    def sent_with_it(self, key: Any) -> SafeString | str:
        """Return the number of these runs, the first and last time, and their cost."""
        sent_times = Run.objects.filter(project_key=key).aggregate(
            first=Min("sent_at"), last=Max("sent_at")
        )
        if not key.run_count or not sent_times["first"]:
            return "nothing yet"
        spent_sum = Charge.objects.filter(run__project_key=key).aggregate(sum=Sum("amount"))["sum"]
        return format_html(
            '<a href="{}">{}</a>, from {} to {} UTC, for {}',
            _runs_address(key),
            counted(key.run_count, "run"),
            f"{sent_times['first']:%Y-%m-%d %H:%M}",
            f"{sent_times['last']:%Y-%m-%d %H:%M}",
            money(spent_sum) if spent_sum is not None else "unknown costs",
        )

    @method_decorator(sensitive_post_parameters("key"))
    @method_decorator(sensitive_variables())
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Show the form; save a posted key and report fal's answer to it.

        Not in a transaction like Django's own view: the worker must see the key to try it.
        """
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request.POST or None, initial={"project": request.GET.get("for")})
        if request.method == "POST" and form.is_valid() and (row := _enter(form, request)):
            if row.state == State.TRIED:
                messages.warning(request, STILL_TRIED)
            else:
                messages.success(
                    request, f"The key is valid: {row.project} uses it from its next run on."
                )
            return redirect(row)
        context = {
            **self.admin_site.each_context(request),
            "title": "Enter a key for a project",
            "opts": self.opts,
            "form": form,
            "no_seal": "" if new_key.can_take() else new_key.NO_SEAL,
            **(extra_context or {}),
        }
        status = 200 if request.method == "GET" else 422
        return TemplateResponse(request, "admin/keys/enter.html", context, status=status)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Render the list with its own title."""
        page_context = {"title": "Keys of projects", **(extra_context or {})}
        return super().changelist_view(request, page_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Show a key's page, with its buttons if the user may enter keys."""
        extra = {"may_enter": self.has_add_permission(request), "title": "Key of a project"}
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})

    @method_decorator(require_POST)
    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a key out of use."""
        outcome = "From now on, {} sends its runs with the account's own key."
        return self._act(request, pk, new_key.remove, outcome)

    @method_decorator(require_POST)
    def put_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Use a removed key again."""
        return self._act(request, pk, new_key.put_back, "{} uses the key again.")

    def _act(self, request: HttpRequest, pk: int, action: Any, done: str) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        row = get_object_or_404(ProjectKey.objects.select_related("project"), pk=pk)
        try:
            action(row)
        except new_key.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, done.format(row.project))
        if ProjectKey.objects.filter(pk=pk).exists():
            return redirect(row)
        return redirect("admin:playground_projectkey_changelist")


@sensitive_variables()
def _enter(form: KeyForm, request: HttpRequest) -> ProjectKey | None:
    """Save the key; return None, with the reason beside the field, if Vitrine or fal refuses it."""
    try:
        row = new_key.enter(
            form.cleaned_data["project"], form.cleaned_data["key"], cast("User", request.user)
        )
        row = new_key.wait_for_answer(row, ANSWER_WITHIN_S)
    except new_key.Refused as refusal:
        form.add_error("key", ValidationError(str(refusal)))
        return None
    if row.state == State.REFUSED:
        form.add_error("key", ValidationError(row.trouble))
        return None
    return row


def _runs_address(key: ProjectKey) -> str:
    address = reverse("admin:playground_run_changelist")
    return f"{address}?project_key__id__exact={key.pk}"
