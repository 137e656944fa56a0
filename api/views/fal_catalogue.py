"""The addresses below `/api/fal/v1/`: the models that a token may run, in fal's format."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from api import fal_catalogue, tokens
from api.fal_proxy import responses
from api.http.problem import Problem
from api.http.token_view import Answer, Caller, TokenView

RUN_PATH = "/api/fal/run"


def _models(request: HttpRequest, caller: Caller) -> HttpResponse:
    """List, find or search models, depending on the parameters."""
    question = fal_catalogue.Question.from_params(request.GET)
    run_address = request.build_absolute_uri(RUN_PATH)
    return responses.as_json(fal_catalogue.list_models(question, caller.reach, run_address))


def _prices(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Return list prices."""
    return responses.as_json(fal_catalogue.prices(request.GET, caller.reach))


def _refusal(problem: Problem) -> HttpResponse:
    return responses.as_json(problem.as_platform_error(), problem.status, problem.headers)


def _view(answer: Answer) -> TokenView:
    return TokenView("GET", tokens.READ, "read", answer, _refusal)


models = _view(_models)
prices = _view(_prices)
