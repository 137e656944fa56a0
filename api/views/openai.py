"""The endpoints below `/api/openai/v1/`: chat completions, images, and the models that answer."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from api import submission, tokens
from api.fal_proxy import relayed_streams, responses, result_files, tickets, uploads
from api.http import retirement
from api.http import uploads as posted_files
from api.http.problem import Problem, refused
from api.http.reading import loads_posted
from api.http.token_view import Answer, Caller, TokenView
from api.models import Token
from api.openai_proxy import (
    chat_requests,
    chat_responses,
    image_requests,
    image_responses,
    known_models,
)
from api.openai_proxy.chat_messages import wrong
from api.openai_proxy.chat_requests import ChatRequest
from api.openai_proxy.image_requests import ImageRequest
from api.submission import ProxiedCall
from api.wait import HEADER
from catalog.models import Revision
from core.http.posts import controls
from projects.rules import gallery
from runs.files.own_addresses import with_own_paths
from runs.models import Run
from runs.start import refused_starts, transport_choices
from runs.worker.scheduling import capacity
from schemas.exact import NotJson

MOST_PICTURES = 50  # OpenAI takes 16; each is stored before the model is asked
MAX_HELD_S = 540  # OpenAI's clients give up after ten minutes, and retry
WAY_IN = "openai"  # in the timeline
TOO_MANY = "Too many runs are under way. Wait for one to end, then try again."


def _complete(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Create the run; middleware replaces this response, according to its header."""
    token, project = caller.token, caller.reach.target
    chat_request = chat_requests.parse_chat_request(_body(request, token))
    endpoint, arguments = chat_request.endpoint, chat_request.arguments
    call = ProxiedCall(token.user, token, project, endpoint, arguments, WAY_IN)
    try:
        if chat_request.is_stream and settings.GATEWAY_URL and _streams(chat_request):
            return _streamed(call, chat_request)
        run = submission.start_proxied(call)
    except refused_starts.StartRefused as error:
        raise refused(error, 403) from error
    form = ("&stream=1" if chat_request.is_stream else "") + (
        "&usage=1" if chat_request.wants_usage else ""
    )
    response = chat_responses.not_over(run)
    path = reverse("api:openai-completion", args=[run.pk])
    response.headers[HEADER] = f"{run.pk} {MAX_HELD_S} {path}?wait=over{form}"
    return response


def _generate(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Create the run of pictures from a prompt."""
    body = _body(request, caller.token)
    if not isinstance(body, dict):
        raise Problem(400, "The body must be a JSON object with model and prompt.")
    return _start_images(caller, image_requests.parse_image_request(body))


def _edit(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Create the run that changes the pictures of a form, or those that JSON names."""
    if request.content_type == "application/json":
        return _generate(request, caller)
    project = caller.reach.require_maker()
    names = [part for name in ("image", "mask") for part in _parts(request, name)]
    if sum(len(request.FILES.getlist(name)) for name in names) > MOST_PICTURES:
        raise wrong("image", f"An edit takes at most {MOST_PICTURES} pictures.")
    files = {
        name: [
            posted_files.store(
                caller.token.user.pk, file, "image", project, place={"parameter": name}, status=400
            ).get_absolute_url()
            for part in _parts(request, name)
            for file in request.FILES.getlist(part)
        ]
        for name in ("image", "mask")
    }
    body = {name: values[-1] for name, values in controls(request).items()}
    parsed = image_requests.parse_image_request(body, files["image"], files["mask"])
    return _start_images(caller, parsed)


def _parts(request: HttpRequest, name: str) -> list[str]:
    """Return the parts of a form with the files of a name: `image`, `image[]`, `image[0]`, …."""
    matches = (re.fullmatch(rf"{name}s?(?:\[(\d{{0,4}})\])?", part) for part in request.FILES)
    numbered = [(int(match[1] or 0), match[0]) for match in matches if match]
    return [part for _, part in sorted(numbered)]


def _start_images(caller: Caller, wanted: ImageRequest) -> HttpResponse:
    """Create the run; middleware replaces this response once the pictures are there."""
    token, project = caller.token, caller.reach.target
    call = ProxiedCall(token.user, token, project, wanted.endpoint, wanted.arguments, WAY_IN)
    try:
        run = submission.start_proxied(call)
    except refused_starts.StartRefused as error:
        raise refused(error, 403) from error
    response = chat_responses.not_over(run)
    path = reverse("api:openai-image", args=[run.pk])
    data = "&data=1" if wanted.wants_data else ""
    response.headers[HEADER] = f"{run.pk} {MAX_HELD_S} {path}?wait=over{data}"
    return response


def _pictures(request: HttpRequest, caller: Caller, run_id: uuid.UUID) -> HttpResponse:
    """Return the pictures of a run, once its files are copied."""
    run = _own_run(caller, run_id)
    if not run.is_final:
        return chat_responses.not_over(run)
    addresses = result_files.addresses(run, caller.token, request.build_absolute_uri("/")[:-1])
    wants_data = bool(request.GET.get("data"))
    return image_responses.pictures(run, addresses, wants_data=wants_data)


def _streams(chat_request: ChatRequest) -> bool:
    offered = transport_choices.offered(chat_request.endpoint)
    return any(choice.value == transport_choices.STREAM.value for choice in offered)


def _streamed(call: ProxiedCall, chat_request: ChatRequest) -> HttpResponse:
    if not capacity.has_room(call.user.pk):
        raise Problem(429, TOO_MANY)
    run = submission.start_streamed(call, tickets.GATEWAY)
    dialect = tickets.OPENAI_WITH_USAGE if chat_request.wants_usage else tickets.OPENAI
    response = chat_responses.not_over(run)
    ticket = tickets.sign_stream(run.pk, dialect)
    response.headers[relayed_streams.HEADER] = f"{run.pk} {ticket}"
    return response


def _body(request: HttpRequest, token: Token) -> Any:
    """Return the body, with our files as paths, as in forms."""
    try:
        body = loads_posted(request.body.decode())
    except UnicodeDecodeError:
        raise Problem(400, "The body is not UTF-8.") from None
    except NotJson as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None
    if not isinstance(body, dict):
        return body
    return with_own_paths(uploads.with_uploads(token.user, body))


def _one(request: HttpRequest, caller: Caller, run_id: uuid.UUID) -> HttpResponse:
    """Return a completion that was made here, like OpenAI's stored ones."""
    run = _own_run(caller, run_id)
    if not run.is_final:
        return chat_responses.not_over(run)
    if request.GET.get("stream"):
        return chat_responses.as_stream(run, wants_usage=bool(request.GET.get("usage")))
    return chat_responses.completion(run)


def _own_run(caller: Caller, run_id: uuid.UUID) -> Run:
    own = caller.reach.visible_rows(Run.objects.owned_by(caller.token.user))
    run = own.filter(pk=run_id).select_related("endpoint", "charge").first()
    if run is None:
        raise Problem(404, "There is no such answer.")
    retirement.note(run.endpoint)
    return run


def _models(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Return the models by name; the router supports more than we can list."""
    return responses.as_json({"object": "list", "data": _list_models(caller)})


def _model(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    model = next((model for model in _list_models(caller) if model["id"] == name), None)
    if model is None:
        raise Problem(404, f"There is no model {name[:200]!r} in the list.")
    return responses.as_json(model)


def _list_models(caller: Caller) -> list[dict[str, Any]]:
    """Return the models that may be run in the caller's target project."""
    return known_models.usable_models(gallery.locks_in(caller.reach.target, Revision.current()))


def _view(method: str, limit: str, answer: Answer) -> TokenView:
    """Return a view whose errors have OpenAI's format."""
    return TokenView(method, tokens.RUN, limit, answer, chat_responses.refusal)


class Absent(TokenView):
    """Answers OpenAI's other calls, with or without a token, that they are not offered here."""

    def __init__(self) -> None:
        """Skip the settings of a token's view: every method is answered alike."""

    def __call__(self, request: HttpRequest, **named: Any) -> HttpResponse:
        """Say which calls are offered."""
        name = str(named["name"])[:200]
        offered = "This API has chat/completions, images/generations, images/edits and models."
        return chat_responses.refusal(Problem(404, f"{name} is not offered here. {offered}"))


completions = _view("POST", "run", _complete)
completion = _view("GET", "poll", _one)
generations = _view("POST", "run", _generate)
edits = _view("POST", "run", _edit)
image = _view("GET", "poll", _pictures)
models = _view("GET", "read", _models)
model = _view("GET", "read", _model)
absent = Absent()
