"""Pages for curators to edit collections: by drag or keyboard, with and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from accounts import permissions
from accounts.audit import trail
from accounts.limits.rate_limit import limit
from catalog.curation import collection_editing, import_export
from catalog.curation.collection_editing import Arrangement, Line, TitleForm
from catalog.curation.permissions import curators_only
from catalog.models import Collection, CollectionItem, Endpoint
from catalog.search import engine
from catalog.search.query import Query
from catalog.views.browse import own_media
from core.db.name_order import by_name
from core.http.posts import BUTTON, controls, hidden, is_posted
from core.resource import Resource
from fal.db_safe import db_safe_text
from schemas import apply

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

CHOICES = 8
GONE = "gone_collection"  # session key: the last deleted collection, for undo
NOTE = "note."  # prefix of the field name of an endpoint's note
Post = dict[str, list[str]]


@require_http_methods(["GET", "HEAD", "POST"])
@own_media
def index(request: HtmxRequest) -> HttpResponseBase:
    """List collections in order; curators see drafts too, and can create one by POST."""
    return _create(request) if request.method == "POST" else _index(request)


def _index(request: HtmxRequest, title_form: TitleForm | None = None) -> HttpResponse:
    collections = (
        Collection.objects.all() if request.user.is_staff else Collection.objects.published()
    )
    rows = (
        collections.annotate(size=Count("items"))
        .select_related("cover__picture")
        .defer("cover__field_words")
    )
    context = {
        "collections": list(rows),
        "deleted_slug": request.session.get(GONE, {}).get("slug"),
        "title_form": title_form,
    }
    return render(request, "catalog/collections.html", context, status=422 if title_form else 200)


@curators_only(permissions.ADD_COLLECTION)
def _create(request: HtmxRequest) -> HttpResponseBase:
    endpoint_id = hidden(request, "endpoint_id")
    form, collection = TitleForm(request.POST), None
    if form.is_valid():
        try:
            collection = collection_editing.create(form.cleaned_data["title"], request.user)
        except ValueError as error:
            form.add_error("title", str(error))
    if collection is None:
        (why,) = form.errors["title"]
        if request.htmx:
            return _toast(str(why))
        if not endpoint_id:
            return _index(request, form)
        messages.error(request, str(why))
        return redirect(_collections_url(endpoint_id))
    if not endpoint_id:
        return redirect("catalog:collection-edition", collection.slug)
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    collection_editing.add_models(collection, [endpoint])
    return _menu(request, endpoint) if request.htmx else redirect(_collections_url(endpoint_id))


@curators_only(permissions.CHANGE_COLLECTION)
@require_http_methods(["GET", "HEAD", "POST"])
@own_media
def edition(request: HtmxRequest, slug: str) -> HttpResponseBase:
    """Edit a collection.

    A POST saves it, after applying the change in `~do`.
    """
    collection = get_object_or_404(Collection.objects.select_related("cover"), slug=slug)
    if request.method != "POST":
        return _edition(request, collection)
    # The script has already moved the row when the form saves itself; htmx nevertheless posts the
    # focused button.
    saves_itself = request.htmx and request.htmx.trigger == "edition"
    action = "" if saves_itself else hidden(request, BUTTON)
    post: Post = apply(controls(request), action)
    arrangement = _arrangement(post)
    verb, _, endpoint_id = action.partition(":")
    if verb == "add":
        arrangement = Arrangement(
            **{**vars(arrangement), "lines": [*arrangement.lines, Line(endpoint_id)]}
        )
    try:
        collection_editing.arrange(collection, arrangement)
    except ValueError as error:
        return _refused(request, collection, str(error))
    if verb == "find":
        return _edition(request, collection, find=hidden(request, "find"))
    if request.htmx and verb == "add":
        return _edition(request, collection, status_text="Added at the end.")
    if request.htmx:
        return render(request, "catalog/collection/_save_status.html", {"status_text": "Saved."})
    return redirect(collection) if verb == "done" else redirect("catalog:collection-edition", slug)


def _refused(request: HtmxRequest, collection: Collection, error: str) -> HttpResponse:
    if request.htmx:
        context = {"error": error}
        return render(request, "catalog/collection/_save_status.html", context, status=422)
    collection.refresh_from_db()
    return _edition(request, collection, status=422, error=error)


def _arrangement(post: Post) -> Arrangement:
    """Parse the posted form: its rows in their order, whatever their numbers."""

    def last(name: str) -> str:
        return (post.get(name) or [""])[-1]

    rows = [n for n in post.get("items~rows", []) if post.get(f"items.{n}.id")]
    return Arrangement(
        title=last("title"),
        description=last("description"),
        is_published=last("is_published") == "1",
        cover=last("cover"),
        lines=[Line(last(f"items.{n}.id"), last(f"items.{n}.note")) for n in rows],
        known=frozenset(last("known").split()),
    )


def _edition(
    request: HtmxRequest, collection: Collection, find: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    items = list(collection.items.for_cards())
    context = {
        "collection": collection,
        "items": items,
        "known": " ".join(item.endpoint.endpoint_id for item in items),
        "find": find,
        "choices": _choices(find),
        **more,
    }
    page_template, part = "catalog/edition.html", "catalog/collection/_edition.html"
    return render(request, part if request.htmx else page_template, context, status=status)


@curators_only(permissions.CHANGE_COLLECTION)
@require_POST
def edit_text(request: HtmxRequest, slug: str) -> HttpResponse:
    """Update title, description or notes, edited in place on the collection's page."""
    collection = get_object_or_404(Collection, slug=slug)
    posted_texts = {name: texts[-1] for name, texts in controls(request).items()}
    notes = {n.removeprefix(NOTE): text for n, text in posted_texts.items() if n.startswith(NOTE)}
    texts = {name: posted_texts[name] for name in ("title", "description") if name in posted_texts}
    error = ""
    try:
        collection_editing.update_texts(collection, notes, **texts)
    except ValueError as problem:
        error = str(problem)
    if request.htmx:
        context = {"error": error, "status_text": "" if error else "Saved."}
        return render(
            request, "catalog/collection/_save_status.html", context, status=422 if error else 200
        )
    if error:
        messages.error(request, error)
    return redirect(collection)


@limit("search")
@curators_only(permissions.CHANGE_COLLECTION)
@require_safe
def choices(request: HtmxRequest, slug: str) -> HttpResponse:
    """Models that match `find`, each with a button to add it."""
    collection = get_object_or_404(Collection, slug=slug)
    find = request.GET.get("find", "")
    context = {"collection": collection, "find": find, "choices": _choices(find)}
    return render(request, "catalog/collection/_model_choices.html", context)


def _choices(find: str) -> list[Endpoint]:
    find = " ".join(db_safe_text(find[:300]).split())
    return engine.top_results(Query(q=find), CHOICES) if find else []


@curators_only(permissions.CHANGE_COLLECTION)
@require_http_methods(["GET", "HEAD", "POST"])
def of_endpoint(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """List the collections, marking those with the model; a POST adds it `in` or takes it `out`."""
    endpoint = get_object_or_404(Endpoint.objects.for_cards(), endpoint_id=endpoint_id)
    if request.method != "POST":
        return _menu(request, endpoint)
    is_in = is_posted(request, "in")
    slug = hidden(request, "in" if is_in else "out")
    collection = get_object_or_404(Collection, slug=slug)
    removed = None
    try:
        if is_in and (place := hidden(request, "position")).isdecimal():
            collection_editing.restore_model(
                collection, endpoint, int(place[:6]), hidden(request, "note")
            )
        elif is_in:
            collection_editing.add_models(collection, [endpoint])
        else:
            removed = collection_editing.remove_model(collection, endpoint)
    except ValueError as error:
        return _toast(str(error)) if request.htmx else HttpResponse(str(error), status=422)
    if not request.htmx:
        return redirect(_collections_url(endpoint_id))
    message = f"{'Added to' if is_in else 'Removed from'} “{collection.title}”."
    return _menu(
        request, endpoint, collection=collection, message=message, is_in=is_in, removed_item=removed
    )


def _menu(request: HtmxRequest, endpoint: Endpoint, **more: Any) -> HttpResponse:
    rows = Collection.objects.annotate(size=Count("items")).order_by("position", by_name("title"))
    items_of_endpoint = CollectionItem.objects.filter(endpoint=endpoint)
    collection_ids = set(items_of_endpoint.values_list("collection_id", flat=True))
    context = {
        "endpoint": endpoint,
        "collections": [(row, row.pk in collection_ids) for row in rows],
        **more,
    }
    template = "catalog/collection/_menu.html" if request.htmx else "catalog/collection_menu.html"
    return render(request, template, context)


@curators_only(permissions.CHANGE_COLLECTION)
@require_POST
def order(request: HtmxRequest) -> HttpResponseBase:
    """Save the posted order of collections, after the move in `~do`."""
    posted_order = controls(request)
    post = posted_order if request.htmx else apply(posted_order, hidden(request, BUTTON))
    rows = [
        post[f"order.{n}.slug"][-1]
        for n in post.get("order~rows", [])
        if post.get(f"order.{n}.slug")
    ]
    collection_editing.reorder(rows)
    if request.htmx:
        return render(request, "catalog/collection/_save_status.html", {"status_text": "Saved."})
    return redirect("catalog:collections")


@curators_only(permissions.DELETE_COLLECTION)
@require_POST
def deletion(request: HtmxRequest, slug: str) -> HttpResponseBase:
    """Delete a collection; the next page offers to restore it."""
    is_gone_already = request.session.get(GONE, {}).get("slug") == slug  # by a double click
    collection = Collection.objects.filter(slug=slug).first()
    if collection is None and not is_gone_already:
        raise Http404("There is no such collection.")
    if collection is not None:
        request.session[GONE] = import_export.dump(collection)
        with transaction.atomic():
            trail.record(request.user, "deleted", [collection])
            collection.delete()
    address = COLLECTIONS.undo_address(reverse("catalog:collections"), slug)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


class Collections(Resource[Collection]):
    """Restores the collection that was deleted last, from the copy in the session."""

    model, parts, list_route = Collection, (), "catalog:collections"

    @method_decorator(curators_only(permissions.ADD_COLLECTION))
    def undo(self, request: HtmxRequest, key: str) -> HttpResponseBase:
        if request.session.get(GONE, {}).get("slug") != key:
            messages.info(request, "There is nothing left to bring back.")
            return redirect(self.list_route)
        deleted = request.session.pop(GONE)
        with transaction.atomic():
            collection = import_export.restore(deleted, request.user)
            trail.record(request.user, "restored", [collection])
        messages.success(request, self.restored_message(collection))
        return redirect(collection)


COLLECTIONS = Collections()


def _collections_url(endpoint_id: str) -> str:
    return reverse("catalog:collections-of", args=[endpoint_id])


def _toast(text: str) -> HttpResponse:
    return trigger_client_event(HttpResponse(status=422), "toast", {"text": text})
