"""The pages of a kind of kept thing: its list, page and form, its deletion and recovery.

A kind overrides what differs. Additional actions are views of its app, beside `urls()`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import modelform_factory
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.limits.rate_limit import limit
from core.http.caching import no_store
from core.http.parameters import page_number, parse_uuid, search_words
from core.http.posts import hidden
from core.refusals import Refused
from fal.db_safe import db_safe_text
from projects import current, roles
from projects.kept.forms import KeptForm
from projects.kept.models import Kept, rows_of
from projects.rights import Rights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.core.paginator import Page
    from django.urls import URLPattern

    from core.http.htmx import HtmxRequest
    from projects.models import Project

Row = TypeVar("Row", bound=Kept)


class Resource(Generic[Row]):
    """One kind's pages, below the path `at`; their URL names begin with the kind's `slug`.

    `parts` are the pages that it has; its app has views for the others. `fields` are the columns of
    its form, unless it has its own `form`. `about` is the text of the empty list: what the kind is
    for. Templates also get a row by the name of its kind, such as `prompt`.
    """

    model: ClassVar[type[Kept]]
    at: ClassVar[str]  # the path of its list: `prompts/`
    list_route: ClassVar[str]  # the URL name of its list: `library:prompts`
    about: ClassVar[str] = ""
    deleted_words: ClassVar[str] = ""  # the list's notice of a deletion, beside its undo
    fields: ClassVar[Sequence[str]] = ()
    form: ClassVar[type[KeptForm] | None] = None
    parts: ClassVar[Sequence[str]] = ("list", "new", "recovery", "page", "form", "deletion")
    filters: ClassVar[Sequence[str]] = ("q",)  # parameters that narrow the list
    on_page: ClassVar[int] = 60
    list_template: ClassVar[str] = "projects/kept/list.html"
    row_template: ClassVar[str] = "projects/kept/_row.html"
    page_template: ClassVar[str] = "projects/kept/page.html"
    form_template: ClassVar[str] = "projects/kept/form.html"

    # The rows

    def rows(self) -> Any:
        """Return the rows with the relations that pages show."""
        return rows_of(self.model).kept().select_related("project", "user")

    def listed(self, request: HtmxRequest) -> Any:
        """Return the rows of the list before it is narrowed."""
        return current.listed(self.rows(), request)

    def narrowed(self, rows: Any, request: HtmxRequest) -> Any:
        """Return the rows that match the parameters of the list's URL."""
        return rows.with_words(search_words(request))

    def find(self, request: HtmxRequest, pk: uuid.UUID) -> Row:
        """Return a row that the user sees as a member of its project; raises Http404."""
        return cast("Row", get_object_or_404(self.rows().shown_to(request.user), pk=pk))

    def find_changeable(self, request: HtmxRequest, pk: uuid.UUID) -> Row:
        """Return a row that the user may change; raises Http404, or PermissionDenied saying why."""
        row = self.find(request, pk)
        roles.require_maker(request.user, row.project)
        return row

    # The list

    @method_decorator([limit("search"), require_safe, no_store])
    def index(self, request: HtmxRequest) -> HttpResponseBase:
        """List the project's rows, or the user's own in all projects, narrowed by the URL."""
        rows = self.narrowed(self.listed(request), request)
        page = Paginator(rows, self.on_page).get_page(page_number(request.GET.get("page", "")))
        context = {
            "page": page,
            "rows": page.object_list,
            "words": search_words(request),
            "is_narrowed": any(request.GET.get(name) for name in self.filters),
            "deleted": parse_uuid(request.GET.get("deleted", "")),
            "all_projects": current.is_of_all_projects(request),
            "why_not": roles.refusal_to_make(request.user, current.current(request)),
        }
        return self.render(request, self.list_template, {**context, **self.shown(request, page)})

    def shown(self, request: HtmxRequest, page: Page[Row]) -> Mapping[str, Any]:
        """Return additional context for the list."""
        return {}

    # A page

    @method_decorator([require_safe, no_store])
    def page(self, request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Show a row."""
        row: Row = self.find(request, pk)
        rights = Rights(request.user, row)
        context = {
            "row": row,
            "lines": [(row._meta.get_field(name), getattr(row, name)) for name in self.fields],
            "may_change": rights.may_change,
            "may_remove": rights.may_remove,
            "status": HTTPStatus.OK,
            **self.details(request, row),
        }
        return self.render(request, self.page_template, context, context["status"])

    def details(self, request: HtmxRequest, row: Row) -> Mapping[str, Any]:
        """Return additional context for a row's page; `status` if it is not 200."""
        return {}

    # The form

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def new(self, request: HtmxRequest) -> HttpResponseBase:
        """Show the form of a new row, filled in from the URL; a POST saves it."""
        project = current.current(request)
        if refused := roles.refusal_to_make(request.user, project):
            context = {"refused": refused, "back": reverse(self.list_route)}
            return self.render(request, self.form_template, context, HTTPStatus.FORBIDDEN)
        return self._filled_in(request, self.begun(request, project))

    def begun(self, request: HtmxRequest, project: Project) -> Row:
        """Return an unsaved row."""
        return cast("Row", self.model(user=request.user, project=project))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def change(self, request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Show the form of a row; a POST saves it."""
        return self._filled_in(request, self.find_changeable(request, pk))

    def _filled_in(self, request: HtmxRequest, row: Row) -> HttpResponseBase:
        is_new, name, form = row._state.adding, str(row), self.form_of(request, row)
        if form.is_valid():
            try:
                saved = form.save()
            except Refused as refused:
                form.add_error(refused.field or None, str(refused))
            else:
                self.saved(request, saved, form)
                return redirect(saved)
        context = {
            "row": row,
            "name": name,
            "is_new": is_new,
            "form": form,
            "back": reverse(self.list_route) if is_new else row.get_absolute_url(),
            "may_remove": not is_new and Rights(request.user, row).may_remove,
            **self.around_form(request, form),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return self.render(request, self.form_template, context, status)

    def around_form(self, request: HtmxRequest, form: Any) -> Mapping[str, Any]:
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
            auto_id=f"{self.model.slug}-%s",
            **more,
        )
        return form

    def initial(self, request: HtmxRequest) -> dict[str, Any]:
        """Return the values from the URL for the form of a new row."""
        return {name: db_safe_text(value) for name, value in request.GET.dict().items()}

    def saved(self, request: HtmxRequest, row: Row, form: Any) -> None:
        """Add a message that the row is saved."""
        messages.success(request, f"“{row}” is saved.")

    # Deletion and recovery

    @method_decorator(require_POST)
    def deletion(self, request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Delete a row, if the user owns it or manages its project; the list offers to undo it."""
        row: Row = self.find(request, pk)
        Rights(request.user, row).require_removal()
        row.delete_by(request.user)
        return self._undo_at(row)

    def _undo_at(self, row: Row) -> HttpResponseBase:
        """Redirect to the row's list, which offers to bring it back."""
        address = self.list_of(row)
        return redirect(f"{address}{'&' if '?' in address else '?'}deleted={row.pk}")

    def list_of(self, row: Row) -> str:
        """Return the URL of the list that a row was in."""
        return reverse(self.list_route)

    @method_decorator(require_POST)
    def recovery(self, request: HtmxRequest) -> HttpResponseBase:
        """Bring a deleted row back, if the user owns it or manages its project."""
        pk = parse_uuid(hidden(request, self.model.slug))
        rows = rows_of(self.model).restorable(request.user)
        row = rows.filter(pk=pk).first() if pk else None
        if row is None:  # it is back already, or was never theirs: its page says which
            return redirect(self.model.route, pk) if pk else redirect(self.list_route)
        try:
            row.restore_by(request.user)
        except Refused as refused:
            messages.warning(request, f"{refused} Then bring this one back.")
            return self._undo_at(row)
        messages.success(request, f"“{row}” is back.")
        return redirect(row)

    # Rendering, names and URLs

    def render(
        self,
        request: HtmxRequest,
        template: str,
        context: Mapping[str, Any],
        status: int = HTTPStatus.OK,
    ) -> HttpResponse:
        """Render a page of the kind; templates also get the row by its kind, such as `prompt`."""
        around = {"resource": self, self.model.slug: context.get("row")}
        return render(request, template, {**around, **context}, status=status)

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
    def undo_notice(self) -> str:
        """Return the list's notice of a deletion, beside its undo."""
        return self.deleted_words or f"The {self.noun} is deleted."

    @property
    def noun(self) -> str:
        """Return the name of a row: `data set`."""
        return str(self.model._meta.verbose_name)

    @property
    def routes(self) -> dict[str, str]:
        """Return the URL names of its `parts`."""
        names = {"list": self.list_route, "page": self.model.route}
        app = self.model.route.partition(":")[0]
        return {part: names.get(part) or f"{app}:{self.slug}-{part}" for part in self.parts}

    def urls(self) -> list[URLPattern]:
        """Return its URL patterns, for the `urlpatterns` of its app."""
        views: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
            "list": ("", self.index),
            "new": ("new/", self.new),
            "recovery": ("recovery/", self.recovery),
            "page": ("<uuid:pk>/", self.page),
            "form": ("<uuid:pk>/form/", self.change),
            "deletion": ("<uuid:pk>/deletion/", self.deletion),
        }
        return [
            path(f"{self.at}{views[part][0]}", views[part][1], name=name.partition(":")[2])
            for part, name in self.routes.items()
        ]
