"""A kind of row: its list with search and pager, its deletion, and the way back of all kinds.

A kind overrides what differs; its own verbs stay views of its app, beside `urls()`. Nothing here
knows projects or rights: `projects.kept.resource` adds them for what people keep in projects.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.http.caching import no_store
from core.http.parameters import page_of, parse_key, parse_uuid, search_words
from core.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.core.paginator import Page
    from django.urls import URLPattern

    from core.http.htmx import HtmxRequest

UNDO = "undo"  # parameter of an address: the slug and key of a row that was deleted just now
Row = TypeVar("Row", bound=models.Model)


class Resource(Generic[Row]):
    """One kind's pages, below `at`; their addresses are named by the kind's `slug`.

    `parts` are those that it has; the others are views of its app.
    """

    model: ClassVar[type[models.Model]]
    at: ClassVar[str] = ""  # the path of its list: `prompts/`
    list_route: ClassVar[str]  # the name of its list's address: `library:prompts`
    deletion_path: ClassVar[str] = "deletion"  # the last part of the address that deletes a row
    deletion_message: ClassVar[str] = ""  # beside the undo on the next page
    undo_message: ClassVar[str] = "“{row}” is back."  # on the next page
    delete_and_restore: ClassVar[
        Sequence[Callable[[Any, Any], object]]
    ]  # called with the user and a row
    parts: ClassVar[Sequence[str]] = ("list", "deletion")
    filters: ClassVar[Sequence[str]] = ("q",)  # parameters by which the list is narrowed
    on_page: ClassVar[int] = 60
    list_template: ClassVar[str]

    def __init__(self) -> None:
        RESOURCES[self.slug] = self

    # The rows

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the rows that the user may see; raises Http404 and PermissionDenied."""
        raise NotImplementedError

    def restorable_rows(self, request: HtmxRequest) -> Any:
        """Return the rows that the user may restore, including rows that are not deleted."""
        return self.visible_rows(request)

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return the rows of the list before the search."""
        return self.visible_rows(request)

    def search_rows(self, rows: Any, request: HtmxRequest) -> Any:
        """Return the rows that match the parameters of the list's URL."""
        return rows

    def find(self, request: HtmxRequest, pk: Any) -> Row:
        """Return a row that the user sees; raises Http404."""
        return cast("Row", get_object_or_404(self.visible_rows(request), pk=pk))

    def find_deleted(self, request: HtmxRequest, key: str) -> Row:
        """Return a row that the user may restore; raises Http404."""
        pk = parse_uuid(key) if self._has_uuid else parse_key(key)
        if pk is None:
            raise Http404
        return cast("Row", get_object_or_404(self.restorable_rows(request), pk=pk))

    # The list

    @method_decorator([require_safe, no_store])
    def index(self, request: HtmxRequest) -> HttpResponseBase:
        """List the rows that match the URL."""
        return self.render_list(request)

    @sensitive_variables("more", "context")  # a new row's secret, which is shown once
    def render_list(
        self, request: HtmxRequest, status: int = HTTPStatus.OK, **more: Any
    ) -> HttpResponse:
        """Render the list; `more` is added to its context."""
        rows = self.search_rows(self.rows_of_list(request), request)
        page = page_of(request, rows, self.on_page)
        context = {
            "page": page,
            "rows": page.object_list,
            "search_text": search_words(request),
            "is_narrowed": any(request.GET.get(name) for name in self.filters),
        }
        context |= {**self.list_context(request, page), **more}
        return self.render(request, self.list_template, context, status)

    def list_context(self, request: HtmxRequest, page: Page[Row]) -> Mapping[str, Any]:
        """Return additional context for the list."""
        return {}

    # The way out, and the way back

    @method_decorator(require_http_methods(["POST", "DELETE"]))
    def deletion(self, request: HtmxRequest, pk: Any) -> HttpResponseBase:
        """Delete a row; the next page offers to undo it."""
        row: Row = self.find(request, pk)
        try:
            self.delete(request, row)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(self.list_address(request, row))
        return self.answer_deletion(request, row)

    def delete(self, request: HtmxRequest, row: Row) -> None:
        """Delete a row so that it can be brought back; raises PermissionDenied and Refused."""
        self.delete_and_restore[0](request.user, row)

    def answer_deletion(self, request: HtmxRequest, row: Row) -> HttpResponseBase:
        """Redirect to the row's list, which offers to bring it back; a DELETE gets no page."""
        if request.method == "DELETE":
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return redirect(self.undo_address(self.list_address(request, row), row.pk))

    def undo_address(self, address: str, key: Any) -> str:
        """Return the page's address with the parameter that makes it offer to restore the row."""
        return f"{address}{'&' if '?' in address else '?'}{UNDO}={self.slug}/{key}"

    def list_address(self, request: HtmxRequest, row: Row) -> str:
        """Return the address of the list that a row was in."""
        return reverse(self.list_route)

    def undo(self, request: HtmxRequest, key: str) -> HttpResponseBase:
        """Bring a deleted row back."""
        row: Row = self.find_deleted(request, key)
        try:
            self.restore(request, row)
        except Refused as refusal:
            messages.warning(request, str(refusal))
            return self.answer_deletion(request, row)
        return self.answer_undo(request, row)

    def restore(self, request: HtmxRequest, row: Row) -> None:
        """Undo a row's deletion; raises PermissionDenied, and Refused if its place is taken."""
        self.delete_and_restore[1](request.user, row)

    def answer_undo(self, request: HtmxRequest, row: Row) -> HttpResponseBase:
        """Redirect to the row's list, with a message that the row is restored."""
        messages.success(request, self.restored_message(row))
        return redirect(self.list_address(request, row))

    def restored_message(self, row: Row) -> str:
        """Return the message about a restored row."""
        return self.undo_message.format(row=row)

    # What is around

    def render(
        self, request: HtmxRequest, template: str, context: Mapping[str, Any], status: int = 200
    ) -> HttpResponse:
        """Render a page of the kind; its row has the name of the kind too, such as `prompt`."""
        resource_context = {"resource": self, self.slug: context.get("row")}
        return render(request, template, {**resource_context, **context}, status=status)

    @property
    def noun(self) -> str:
        """Return what a row is called: `data set`."""
        return str(self.model._meta.verbose_name)

    @property
    def slug(self) -> str:
        """Return how addresses name the kind."""
        return str(self.model._meta.model_name)

    @property
    def undo_notice(self) -> str:
        """Return the message about a deletion, beside its undo."""
        return self.deletion_message or f"The {self.noun} is deleted."

    @property
    def app(self) -> str:
        """Return the namespace of its addresses."""
        return self.list_route.partition(":")[0]

    def addresses(self) -> dict[str, tuple[str, Callable[..., HttpResponseBase], str]]:
        """Return the path below `at`, the view and the route's name of each part."""
        name = f"{self.app}:{self.slug}-{self.deletion_path}"
        return {
            "list": ("", self.index, self.list_route),
            "deletion": (f"{self.key}/{self.deletion_path}/", self.deletion, name),
        }

    @property
    def routes(self) -> dict[str, str]:
        """Return the names of the addresses of its `parts`."""
        return {part: self.addresses()[part][2] for part in self.parts}

    @property
    def key(self) -> str:
        """Return how a row's key stands in a path."""
        return f"<{'uuid' if self._has_uuid else 'int'}:pk>"

    @property
    def _has_uuid(self) -> bool:
        return isinstance(self.model._meta.pk, models.UUIDField)

    def urls(self) -> list[URLPattern]:
        """Return its addresses, for the `urlpatterns` of its app."""
        return [
            path(f"{self.at}{below}", view, name=name.partition(":")[2])
            for below, view, name in [self.addresses()[part] for part in self.parts]
        ]


RESOURCES: dict[str, Resource[Any]] = {}  # by slug


@require_POST
def undo(request: HtmxRequest, slug: str, key: str) -> HttpResponseBase:
    """Bring a deleted row of any kind back."""
    if slug not in RESOURCES:
        raise Http404
    return RESOURCES[slug].undo(request, key)
