"""The pages of a kind of kept thing: those of any kind of row, with its project and rights."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator

from core import resource
from core.http.parameters import search_words
from fal.db_safe import db_safe_text
from kept.forms import KeptForm
from kept.models import GRACE, Kept, rows_of
from people.accounts.limits.rate_limit import limit
from projects import current, roles
from projects.rights import Rights

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

Row = TypeVar("Row", bound=Kept)


class Resource(resource.Resource[Row]):
    """One kind's pages: members of a row's project see it, makers change it."""

    model: ClassVar[type[Kept]]
    form: ClassVar[type[KeptForm] | None] = None
    form_base = KeptForm

    # The rows

    def rows(self) -> Any:
        """Return the rows that are not deleted, with what pages show of each."""
        return rows_of(self.model).kept().select_related("project", "user")

    def rows_for(self, request: HtmxRequest) -> Any:
        """Return those of the projects that the user is a member of."""
        return self.rows().shown_to(request.user)

    def deleted_for(self, request: HtmxRequest) -> Any:
        """Return the user's rows, and those that they manage, until they are purged."""
        rows = rows_of(self.model).removable_by(request.user).select_related("project")
        return rows.exclude(deleted_at__lte=timezone.now() - GRACE)

    def listed(self, request: HtmxRequest) -> Any:
        """Return the project's rows, or one's own of all projects."""
        return current.listed(self.rows(), request)

    def narrowed(self, rows: Any, request: HtmxRequest) -> Any:
        """Return the rows with all words of `?q=`."""
        return rows.with_words(search_words(request))

    def find_changeable(self, request: HtmxRequest, pk: Any) -> Row:
        """Return a row that the user may change; raises Http404, or PermissionDenied with why."""
        row = self.find(request, pk)
        roles.require_maker(request.user, row.project)
        return row

    def rights(self, request: HtmxRequest, row: Row) -> Mapping[str, bool]:
        """Return what the user may do with a row, by their role in its project."""
        rights = Rights(request.user, row)
        return {"may_change": rights.may_change, "may_remove": rights.may_remove}

    # The list

    @method_decorator(limit("search"))
    def index(self, request: HtmxRequest) -> HttpResponseBase:
        """List the rows, narrowed by the address."""
        return super().index(request)

    def list_rows(self, request: HtmxRequest, status: int = HTTPStatus.OK, **more: Any) -> Any:
        """Render the list; `more` is added to its context."""
        more.setdefault("all_projects", current.is_of_all_projects(request))
        more.setdefault("why_not", roles.refusal_to_make(request.user, current.current(request)))
        return super().list_rows(request, status, **more)

    # The form

    def new(self, request: HtmxRequest) -> HttpResponseBase:
        """Show the form of a new row, or why the user makes none in the project."""
        if refused := roles.refusal_to_make(request.user, current.current(request)):
            context = {"refused": refused, "back": reverse(self.list_route)}
            return self.render(request, self.form_template, context, HTTPStatus.FORBIDDEN)
        return super().new(request)

    def begun(self, request: HtmxRequest) -> Row:
        """Return a row of the user's in the project, not saved yet."""
        return cast("Row", self.model(user=request.user, project=current.current(request)))

    def initial(self, request: HtmxRequest) -> dict[str, Any]:
        """Return what an address fills into the form of a new row."""
        return {name: db_safe_text(value) for name, value in request.GET.dict().items()}

    def form_of(self, request: HtmxRequest, row: Row, **more: Any) -> Any:
        """Return the form, as the user fills it in."""
        return super().form_of(request, row, by=request.user, **more)

    # The way out, and the way back

    def delete(self, request: HtmxRequest, row: Row) -> None:
        """Delete a row, as its user or a manager."""
        Rights(request.user, row).require_removal()
        row.delete_by(request.user)

    def restore(self, request: HtmxRequest, row: Row) -> None:
        """Undo a row's deletion; one that is back already stays as it is."""
        if row.deleted_at:
            row.restore_by(request.user)

    def restored(self, request: HtmxRequest, row: Row) -> HttpResponseBase:
        """Say on the row's page that it is back."""
        messages.success(request, self.back_words(row))
        return redirect(row)

    # What is around

    @property
    def slug(self) -> str:
        """Return how addresses name the kind."""
        return self.model.slug

    @property
    def app(self) -> str:
        """Return the namespace of its addresses."""
        return self.model.route.partition(":")[0]

    @property
    def routes(self) -> dict[str, str]:
        """Return the names of the addresses of its `parts`; its page's is the model's `route`."""
        names = super().routes
        return names | ({"page": self.model.route} if "page" in names else {})
