"""A post of a model's form: run it, change it, fill it in from elsewhere, make something of it."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django_htmx.http import replace_url, reselect, reswap, retarget

from catalog.models import Endpoint
from playground import lifecycle, renderers
from playground.form import drafts, filling, links, mending, presets, sources
from playground.form.drafts import Tab
from playground.form.filling import Filled, Post
from playground.transports import choices
from playground.views import files, page
from playground.views.runs import HtmxRequest, stage_address, told
from schemas import Problem, apply, with_uploads
from schemas.exact import dumps

log = logging.getLogger(__name__)
FIELD_NAME = re.compile(r"[\w.%~-]+", re.ASCII)
OURS = {"csrfmiddlewaretoken", "~token", "~do", "~tab", "~version", "~filled"}
REFUSED = Filled({}, "Nothing to fill in from was found: it is gone, or it is not shared with you.")


def answer(request: HtmxRequest, found: Endpoint) -> HttpResponseBase:
    """What the pressed button `~do` asks for; no button is Run."""
    post, refused = _stored(request, found, controls(request))
    if refused:
        return redraw(request, found, Filled(post, problems=refused), status=422)
    action = request.POST.get("~do", "")
    verb, colon, _ = action.partition(":")
    handle = ACTIONS.get(verb + colon, _change)
    return handle(request, found, post, action)


def controls(request: HttpRequest) -> Post:
    """The form's own controls of a post."""
    return {
        name: [str(v) for v in values] for name, values in request.POST.lists() if name not in OURS
    }


def tab(request: HttpRequest) -> Tab:
    """Which drawn page posts, and what it knows of the draft."""
    version = request.POST.get("~version", "")
    return Tab(
        "".join(filter(str.isprintable, request.POST.get("~tab", "")))[:64],
        int(version) if version.isdecimal() and len(version) < 10 else None,
        request.POST.get("~filled") == "1",
    )


def _run(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponseBase:
    arguments, problems = filling.read(found, post)
    if found.refusal:
        problems = [Problem((), found.refusal)]
    if problems:
        return redraw(request, found, Filled(post, problems=problems), status=422)
    with transaction.atomic():  # once there is a run, a worker writes, and must not wait for us
        version = _keep(request, found, post)
        run, _ = lifecycle.create(
            user=request.user,
            endpoint=found,
            schema_id=found.schema_id,
            # The same form with other input is another run; the same input twice is a double click.
            form_token=filling.once(request.POST.get("~token", ""), arguments),
            transport=choices.chosen(found, post),
            arguments=arguments,
            title=filling.title(arguments),
        )
    if not request.htmx:
        return redirect(run)
    run.endpoint = found
    context = renderers.context(run) | {
        "form_token": secrets.token_urlsafe(16),
        "draft_version": version,
        "tab_id": tab(request).id,
    }
    response = render(request, "playground/endpoint/_sent.html", context)
    return told(replace_url(response, stage_address(run)), run)


def redraw(
    request: HtmxRequest,
    found: Endpoint,
    filled: Filled,
    *,
    status: int = 200,
    version: int | None = None,
) -> HttpResponse:
    """The form with other contents, which are the draft now; `version` says that they are already."""
    filled = replace(filled, post=choices.kept(filled.post, controls(request)))
    filled = mending.reminded(found, filled)
    version = _keep(request, found, filled.post) if version is None else version
    if not request.htmx:
        return page.whole(request, found, filled, status=status, draft_version=version)
    context = page.form(found, filled, oob=True, draft_version=version)
    context["tab_id"] = tab(request).id or context["tab_id"]
    response = render(request, "playground/endpoint/_redrawn.html", context, status=status)
    response = reswap(retarget(response, "#fields"), "outerHTML")
    return replace_url(response, _bare(request, found))


def house(request: HtmxRequest, found: Endpoint) -> Filled | None:
    """The untouched form of a model that has a house default; None for any other."""
    if not found.has_house_default:  # type: ignore[attr-defined]
        return None
    preset = presets.house_default(found)
    filled = sources.fill(request.user, found, f"preset:{preset.pk}") if preset else None
    if preset is None or filled is None:
        return None
    post = {**filled.post, filling.HOUSE: ["1"]}
    notice = filled.notice if filled.mend else ""  # what no longer fits is said here too
    return replace(filled, post=post, notice=notice, house=preset.name)


def _fill(request: HtmxRequest, found: Endpoint, post: Post, filled: Filled) -> HttpResponse:
    """Put something else into the form, in a way that can be undone."""
    filled = replace(filled, post=choices.kept(filled.post, post))
    version, is_loss = drafts.replace(request.user, found, post, filled.post, tab(request))
    filled = replace(filled, undo="Undo" if is_loss else "")
    return redraw(request, found, filled, version=version)


def _change(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    """A change of the form's shape, such as a list's next item."""
    return redraw(request, found, Filled(apply(post, action)))


def _reset(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    """One field's default back; the page takes the field alone."""
    response, name = _change(request, found, post, action), action.partition(":")[2]
    if not FIELD_NAME.fullmatch(name):
        return response
    field = f'[data-field="{name}"]'  # whatever else goes on in the form is left alone
    return reselect(retarget(response, field), field)


def _reset_all(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    kept = filling.without_settings(found, post)
    return _fill(request, found, post, Filled(kept, "Every setting is back at its default."))


def _turn(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    turned = filling.turned(found, post, action)
    return redraw(request, found, turned, status=422 if turned.problems else 200)


def _clear(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    return _fill(request, found, post, house(request, found) or Filled({}, "Cleared."))


def _own(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    own = Filled({filling.HOUSE: ["1"]}, "The model's own defaults are back.")
    return _fill(request, found, post, own)


def _fill_from(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    filled = sources.fill(request.user, found, action)
    if filled is None:
        return redraw(request, found, replace(REFUSED, post=post), status=422)
    return _fill(request, found, post, filled)


def _mend(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    """Make what is in the form fit the schema, as far as that is obvious, in a way that can be undone."""
    arguments, problems = filling.readable(found, post)
    if problems:
        return redraw(request, found, Filled(post, problems=problems), status=422)
    digest = action.partition(":")[2][:64]
    return _fill(request, found, post, sources.mended(found, arguments, digest))


def _bring_back(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    if action == "draft":
        version, back = drafts.take_over(request.user, found, post, tab(request))
        filled = Filled(back, "This is the other tab's version.", undo="Undo")
    else:
        version, back = drafts.undo(request.user, found, post, tab(request))
        word = "" if filling.is_untouched(found, post) else "Redo"
        filled = Filled(back, "Everything is back as it was.", undo=word)
    return redraw(request, found, filled, version=version)


def _make(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    """A link to what is in the form, or the little form that makes a preset of it."""
    arguments, problems = filling.readable(found, post)
    if problems:
        return redraw(request, found, Filled(post, problems=problems), status=422)
    made: dict[str, Any]
    if action == "link":
        link = links.make(request.user, found, arguments)
        made = {"link": link, "linked_to": request.build_absolute_uri(link.address)}
    else:
        made = {"new_preset": {"arguments": dumps(arguments, indent=None)}}
    if request.htmx:
        context = {"endpoint": found, "oob": True, **made}
        return reswap(render(request, "playground/endpoint/_notice.html", context), "none")
    version = _keep(request, found, post)
    return page.whole(request, found, Filled(post), draft_version=version, **made)


def _keep(request: HtmxRequest, found: Endpoint, post: Post) -> int:
    """What the form holds now is the draft."""
    try:
        return drafts.keep(request.user, found, post, tab(request), is_forced=True)
    except drafts.TooLarge:
        log.info("no draft of %s kept: it is too large", found.endpoint_id)
        return drafts.find(request.user, found).version


def _bare(request: HtmxRequest, found: Endpoint) -> str:
    """The page's address without what filled the form in: a reload shows the draft."""
    query = parse_qs(urlsplit(request.htmx.current_url or "").query)
    kept = {"shown": query["shown"][-1]} if "shown" in query else {}
    address = found.get_absolute_url()
    return f"{address}?{urlencode(kept)}" if kept else address


def _stored(request: HttpRequest, found: Endpoint, post: Post) -> tuple[Post, list[Problem]]:
    """The post with each posted file stored and its address in place of it."""
    addresses: dict[str, list[str]] = {}
    refused = []
    for name, posted in request.FILES.lists():
        for file in posted:
            try:
                kept = files.keep_upload(request, file, filling.kind_of(found, name))
            except ValueError as error:
                refused.append(filling.problem_of(name, str(error)))
            else:
                addresses.setdefault(name, []).append(kept.get_absolute_url())
    return with_uploads(post, addresses), refused


ACTIONS: dict[str, Callable[[HtmxRequest, Endpoint, Post, str], HttpResponseBase]] = {
    "": _run,
    "run": _run,
    "to-json": _turn,
    "to-form": _turn,
    "link": _make,
    "save-preset": _make,
    "undo": _bring_back,
    "draft": _bring_back,
    "clear": _clear,
    "own": _own,
    "mend:": _mend,
    "reset": _reset_all,
    "reset:": _reset,
    "example": _fill_from,
    **{f"{kind}:": _fill_from for kind in sources.KINDS},
}
