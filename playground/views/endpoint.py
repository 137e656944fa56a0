"""One model: its form, its code, its schema, its runs."""

from __future__ import annotations

import secrets
import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, replace_url, reswap, retarget

from catalog.models import Endpoint
from playground import filling, history, lifecycle, renderers
from playground.models import Draft, Run
from playground.views import files
from playground.views.health import readiness
from playground.views.runs import HtmxRequest
from schemas import Problem, apply, with_uploads

TABS = [("playground", "Playground"), ("api", "API"), ("schema", "Schema"), ("runs", "Runs")]
STRIP = 12
OURS = {"csrfmiddlewaretoken", "~token", "~do"}
TYPED = "typed"  # session: what somebody posted whose login had run out
MOST_TYPED = 1 << 20  # characters: whoever is not logged in fills no disk


@login_not_required  # answers itself, so that a lost session loses nothing that was typed
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """The model's page; a POST is its form, sent or changed."""
    found = get_object_or_404(
        Endpoint.objects.with_favourites_of(request.user), endpoint_id=endpoint_id
    )
    if not request.user.is_authenticated:
        return _log_in_again(request, found)
    if request.method == "POST":
        return _post(request, found)
    return _page(request, found)


@require_POST
def draft(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """Keep what was typed so far; the form's script posts it while a person types."""
    found = get_object_or_404(Endpoint.objects.only("pk"), endpoint_id=endpoint_id)
    _keep_draft(request, found, _controls(request))
    return HttpResponse(status=204)


def _keep_draft(request: HtmxRequest, found: Endpoint, post: dict[str, list[str]]) -> None:
    Draft.objects.update_or_create(user=request.user, endpoint=found, defaults={"post": post})


@require_GET
def strip(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """The film strip of a model's page."""
    found = get_object_or_404(Endpoint.objects.only("endpoint_id"), endpoint_id=endpoint_id)
    context = {"endpoint": found, "strip": _strip(request, found)}
    return render(request, "playground/endpoint/_strip.html", context)


def _page(request: HtmxRequest, found: Endpoint) -> HttpResponse:
    tab = request.GET.get("tab", "playground")
    tab = tab if tab in dict(TABS) else "playground"
    context = {"endpoint": found, "is_starred": found.is_favourite, "tabs": TABS, "tab": tab}  # type: ignore[attr-defined]
    context["tab_template"] = f"playground/endpoint/_{tab}.html"
    context |= {
        "playground": _playground_tab,
        "api": _api_tab,
        "schema": _schema_tab,
        "runs": _runs_tab,
    }[tab](request, found)
    return render(request, "playground/endpoint.html", context)


def _playground_tab(request: HtmxRequest, found: Endpoint) -> dict[str, Any]:
    filled = _filled(request, found)
    return _form(request, found, filled) | _stage(request, found) | {"notice": filled.notice}


def _api_tab(request: HtmxRequest, found: Endpoint) -> dict[str, Any]:
    return filling.code(found, _filled(request, found).post)


def _schema_tab(request: HtmxRequest, found: Endpoint) -> dict[str, Any]:
    return filling.tables(found)


def _runs_tab(request: HtmxRequest, found: Endpoint) -> dict[str, Any]:
    runs = Run.objects.visible_to(request.user).filter(endpoint=found).recent()[:48]
    return {"rows": [history.row(run) for run in runs]}


def _filled(request: HtmxRequest, found: Endpoint) -> filling.Filled:
    """What the form holds when it is opened: an address's input, a run's, or what was typed last."""
    typed = request.session.get(TYPED, {})
    if typed.get("endpoint") == found.endpoint_id:
        del request.session[TYPED]
        _keep_draft(request, found, typed["post"])
        return filling.Filled(
            typed["post"], "You had been logged out. Here is what you typed; press Run again."
        )
    if text := request.GET.get("input"):
        return filling.from_text(found, text)
    if run := _shown(request, request.GET.get("run", "")):
        return filling.from_run(found, run)
    kept = Draft.objects.filter(user=request.user, endpoint=found).first()
    return filling.Filled(kept.post if kept else {})


def _form(
    request: HtmxRequest, found: Endpoint, filled: filling.Filled, **more: Any
) -> dict[str, Any]:
    return {
        "endpoint": found,
        "fields": filling.draw(found, filled.post, filled.problems),
        "form_token": secrets.token_urlsafe(16),
        "readiness": readiness(),
        "example_link": filling.example_link(found),
        **more,
    }


def _stage(request: HtmxRequest, found: Endpoint) -> dict[str, Any]:
    mine = Run.objects.filter(user_id=request.user.pk, endpoint=found)
    run = _shown(request, request.GET.get("shown", ""))
    run = run or mine.unfinished().with_endpoint().prefetch_related("artifacts").first()
    return (renderers.context(run) if run else {}) | {"strip": _strip(request, found)}


def _strip(request: HtmxRequest, found: Endpoint) -> list[history.Row]:
    runs = Run.objects.filter(user_id=request.user.pk, endpoint=found).recent()
    return [history.row(run) for run in runs[:STRIP]]


def _shown(request: HttpRequest, text: str) -> Run | None:
    try:
        pk = uuid.UUID(text)
    except ValueError:
        return None
    runs = Run.objects.visible_to(request.user).with_endpoint().prefetch_related("artifacts")
    return runs.filter(pk=pk).first()


def _post(request: HtmxRequest, found: Endpoint) -> HttpResponseBase:
    post, refused = _stored(request, _controls(request))
    action = request.POST.get("~do", "")
    if refused:
        return _redraw(request, found, filling.Filled(post, problems=refused), status=422)
    if action == "clear":
        Draft.objects.filter(user=request.user, endpoint=found).delete()
        return _redraw(request, found, filling.Filled({}))
    if action in {"to-json", "to-form"}:
        return _redraw(request, found, filling.turned(found, post, action))
    if action and action != "run":
        return _redraw(request, found, filling.Filled(apply(post, action)))
    arguments, problems = filling.read(found, post)
    if not found.is_runnable:
        problems = [filling.GONE]
    if problems:
        return _redraw(request, found, filling.Filled(post, problems=problems), status=422)
    return _run(request, found, arguments)


def _run(request: HtmxRequest, found: Endpoint, arguments: dict[str, Any]) -> HttpResponseBase:
    run, _ = lifecycle.create(
        user=request.user,
        endpoint=found,
        schema_id=found.schema_id,
        # The same form with other input is another run; the same input twice is a double click.
        form_token=filling.once(request.POST.get("~token", ""), arguments),
        arguments=arguments,
        title=filling.title(arguments),
    )
    if not request.htmx:
        return redirect(run)
    run.endpoint = found
    context = renderers.context(run) | {"form_token": secrets.token_urlsafe(16)}
    response = render(request, "playground/endpoint/_sent.html", context)
    return replace_url(response, f"{found.get_absolute_url()}?{urlencode({'shown': str(run.pk)})}")


def _redraw(
    request: HtmxRequest, found: Endpoint, filled: filling.Filled, status: int = 200
) -> HttpResponse:
    context = _form(request, found, filled, notice=filled.notice)
    if request.htmx:
        response = render(request, "playground/endpoint/_fields.html", context, status=status)
        return reswap(retarget(response, "#fields"), "outerHTML")
    context |= _stage(request, found) | {
        "is_starred": found.is_favourite,  # type: ignore[attr-defined]
        "tabs": TABS,
        "tab": "playground",
        "tab_template": "playground/endpoint/_playground.html",
    }
    return render(request, "playground/endpoint.html", context, status=status)


def _controls(request: HttpRequest) -> dict[str, list[str]]:
    return {
        name: [str(v) for v in values] for name, values in request.POST.lists() if name not in OURS
    }


def _stored(
    request: HttpRequest, post: dict[str, list[str]]
) -> tuple[dict[str, list[str]], list[Problem]]:
    """The post with each posted file stored and its address in place of it."""
    addresses: dict[str, list[str]] = {}
    refused = []
    for name, posted in request.FILES.lists():
        for file in posted:
            try:
                kept = files.keep_upload(request, file)
            except ValueError as error:
                refused.append(filling.problem_of(name, str(error)))
            else:
                addresses.setdefault(name, []).append(kept.get_absolute_url())
    return with_uploads(post, addresses), refused


def _log_in_again(request: HtmxRequest, found: Endpoint) -> HttpResponseBase:
    """To the login page, with what was posted kept in the session for afterwards."""
    if request.method == "POST":
        post = _controls(request)
        if sum(len(text) for texts in post.values() for text in texts) <= MOST_TYPED:
            request.session[TYPED] = {"endpoint": found.endpoint_id, "post": post}
        back = redirect_to_login(found.get_absolute_url())
    else:
        back = redirect_to_login(request.get_full_path())
    return HttpResponseClientRedirect(back.url) if request.htmx else back
