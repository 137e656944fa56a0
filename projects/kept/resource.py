"""The pages of a kind of kept thing: those of any kind of row, with its project and rights."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from django.contrib import messages
from django.forms import modelform_factory
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limit import limit
from core import resource
from core.http.caching import no_store
from core.http.parameters import search_words
from core.refusals import Refused
from fal.db_safe import db_safe_text
from projects import current, roles
from projects.kept.forms import KeptForm
from projects.kept.models import Kept, rows_of
from projects.rights import Rights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.http.htmx import HtmxRequest
    from projects.models import Project

Row = TypeVar("Row", bound=Kept)


class Resource(resource.Resource[Row]):
    """One kind's pages: members of a row's project see it, makers change it.

    `fields` are the columns of its form, unless it has a `form` of its own. `about` says what it is
    for, where there is none yet.
    """

    model: ClassVar[type[Kept]]
    about: ClassVar[str] = ""
    fields: ClassVar[Sequence[str]] = ()
    form: ClassVar[type[KeptForm] | None] = None
    parts: ClassVar[Sequence[str]] = ("list", "new", "page", "form", "deletion")
    list_template: ClassVar[str] = "projects/kept/list.html"
    row_template: ClassVar[str] = "projects/kept/_row.html"
    page_template: ClassVar[str] = "projects/kept/page.html"
    form_template: ClassVar[str] = "projects/kept/form.html"

    # The rows

    def rows(self) -> Any:
        """Return the rows that are not deleted, with what pages show of each."""
        return rows_of(self.model).kept().select_related("project", "user")

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the rows of the projects that the user is a member of."""
        return self.rows().shown_to(request.user)

    def restorable_rows(self, request: HtmxRequest) -> Any:
        """Return the user's rows, and those that they manage, until they are purged."""
        return rows_of(self.model).restorable(request.user)

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return the project's rows, or one's own of all projects."""
        return current.rows_in_scope(self.rows(), request)

    def search_rows(self, rows: Any, request: HtmxRequest) -> Any:
        """Return the rows with all words of `?q=`."""
        return rows.with_words(search_words(request))

    def find_changeable(self, request: HtmxRequest, pk: Any) -> Row:
        """Return a row that the user may change; raises Http404, or PermissionDenied with why."""
        row = self.find(request, pk)
        roles.require_maker(request.user, row.project)
        return row

    # The list

    @method_decorator(limit("search"))
    def index(self, request: HtmxRequest) -> HttpResponseBase:
        """List the rows, narrowed by the address."""
        return super().index(request)

    def render_list(
        self, request: HtmxRequest, status: int = HTTPStatus.OK, **more: Any
    ) -> HttpResponse:
        """Render the list; `more` is added to its context."""
        more.setdefault("all_projects", current.is_of_all_projects(request))
        more.setdefault("why_not", roles.refusal_to_make(request.user, current.current(request)))
        return super().render_list(request, status, **more)

    # A page

    @method_decorator([require_safe, no_store])
    def show_row(self, request: HtmxRequest, pk: Any) -> HttpResponseBase:
        """Show a row."""
        row: Row = self.find(request, pk)
        rights = Rights(request.user, row)
        context = {
            "row": row,
            "columns": [(row._meta.get_field(name), getattr(row, name)) for name in self.fields],
            "may_change": rights.may_change,
            "may_remove": rights.may_remove,
            "status": HTTPStatus.OK,
            **self.page_context(request, row),
        }
        return self.render(request, self.page_template, context, context["status"])

    def page_context(self, request: HtmxRequest, row: Row) -> Mapping[str, Any]:
        """Return additional context for a row's page; `status` if it is not 200."""
        return {}

    # The form

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def new(self, request: HtmxRequest) -> HttpResponseBase:
        """Show the form of a new row, filled in from the URL; a POST saves it."""
        project = current.current(request)
        if refusal := roles.refusal_to_make(request.user, project):
            context = {"refused": refusal, "back": reverse(self.list_route)}
            return self.render(request, self.form_template, context, HTTPStatus.FORBIDDEN)
        return self._filled_in(request, self.build_row(request, project))

    def build_row(self, request: HtmxRequest, project: Project) -> Row:
        """Return an unsaved row."""
        return cast("Row", self.model(user=request.user, project=project))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def change(self, request: HtmxRequest, pk: Any) -> HttpResponseBase:
        """Show the form of a row; a POST saves it."""
        return self._filled_in(request, self.find_changeable(request, pk))

    def _filled_in(self, request: HtmxRequest, row: Row) -> HttpResponseBase:
        is_new, name, form = row._state.adding, str(row), self.form_of(request, row)
        if form.is_valid():
            try:
                saved_row = form.save()
            except Refused as refusal:
                form.add_error(refusal.field or None, str(refusal))
            else:
                self.announce_save(request, saved_row, form)
                return redirect(saved_row)
        context = {
            "row": row,
            "name": name,
            "is_new": is_new,
            "form": form,
            "back": reverse(self.list_route) if is_new else row.get_absolute_url(),
            "may_remove": not is_new and Rights(request.user, row).may_remove,
            **self.form_context(request, form),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return self.render(request, self.form_template, context, status)

    def form_context(self, request: HtmxRequest, form: Any) -> Mapping[str, Any]:
        """Return additional context for the form's page."""
        return {}

    def form_of(self, request: HtmxRequest, row: Row, **more: Any) -> KeptForm:
        """Return the posted form, or one with the values of the row or the URL."""
        kind: Any = self.form or modelform_factory(self.model, KeptForm, fields=self.fields)
        is_posted = request.method == "POST"
        form: KeptForm = kind(
            request.POST if is_posted else None,
            request.FILES if is_posted else None,
            by=request.user,
            instance=row,
            initial=self.initial(request) if row._state.adding else {},
            auto_id=f"{self.slug}-%s",
            **more,
        )
        return form

    def initial(self, request: HtmxRequest) -> dict[str, Any]:
        """Return the values from the URL for the form of a new row."""
        return {name: db_safe_text(value) for name, value in request.GET.dict().items()}

    def announce_save(self, request: HtmxRequest, row: Row, form: Any) -> None:
        """Add a message that the row is saved."""
        messages.success(request, f"“{row}” is saved.")

    # Deletion and recovery

    def delete(self, request: HtmxRequest, row: Row) -> None:
        """Delete a row, as its user or a manager."""
        Rights(request.user, row).require_removal()
        row.delete_by(request.user)

    def restore(self, request: HtmxRequest, row: Row) -> None:
        """Undo a row's deletion; one that is back already stays as it is."""
        if row.deleted_at:
            row.restore_by(request.user)

    def answer_undo(self, request: HtmxRequest, row: Row) -> HttpResponseBase:
        """Redirect to the row's page, with a message that it is restored."""
        messages.success(request, self.restored_message(row))
        return redirect(row)

    # Rendering, names and URLs

    def addresses(self) -> dict[str, tuple[str, Callable[..., HttpResponseBase], str]]:
        """Return the path below `at`, the view and the route's name of each part."""
        name = f"{self.app}:{self.slug}"
        return super().addresses() | {
            "new": ("new/", self.new, f"{name}-new"),
            "page": (f"{self.key}/", self.show_row, self.model.route),
            "form": (f"{self.key}/form/", self.change, f"{name}-form"),
        }

    @property
    def title(self) -> str:
        """Return the title of the list: `Data sets`."""
        return self.plural[:1].upper() + self.plural[1:]

    @property
    def plural(self) -> str:
        """Return the plural name of its rows: `data sets`."""
        return str(self.model._meta.verbose_name_plural)

    @property
    def slug(self) -> str:
        """Return the kind's name in URLs."""
        return self.model.slug

    @property
    def app(self) -> str:
        """Return the namespace of its addresses."""
        return self.model.route.partition(":")[0]
