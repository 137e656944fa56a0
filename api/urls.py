"""The URLs of the tokens page and of the JSON API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from api import resources
from api.contract.document import BASE
from api.contract.operation import OPERATIONS, Operation
from api.http.dispatch import Resource
from api.views import clients, consents, contract, fal_proxy, openai, tokens

__all__ = ["app_name", "resources", "urlpatterns"]


def _resources() -> list[URLPattern]:
    """Return a pattern for each path of the operations; longer paths first."""
    by_route: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_route.setdefault(operation.route, {})[operation.method] = operation
    base = BASE.removeprefix(f"/{PREFIX}")
    return [
        path(f"{base}/{route}", view := Resource(by_route[route]), name=view.name)
        for route in sorted(by_route, key=len, reverse=True)
    ]


PREFIX = "api/"
_PLATFORM: list[URLPattern] = [
    path("models", fal_proxy.models, name="fal-models"),
    path("models/pricing", fal_proxy.prices, name="fal-prices"),
]
_API: list[URLPattern | URLResolver] = [
    path("v1/openapi.json", contract.document, name="document"),
    path("fal/proxy", fal_proxy.proxy, name="fal-proxy"),
    path("fal/queue/<path:address>", fal_proxy.queue, name="fal-queue"),
    path("fal/run/<path:address>", fal_proxy.run, name="fal-run"),
    path("fal/v1/", include(_PLATFORM)),
    path("fal/hosts/api.fal.ai/v1/", include(_PLATFORM)),
    path("fal/hosts/v3.fal.media/<path:address>", fal_proxy.cdn, name="fal-cdn"),
    path("fal/hosts/<str:host>/<path:address>", fal_proxy.hosts, name="fal-hosts"),
    path("fal/results/<str:signed>/<str:name>", fal_proxy.result_file, name="fal-result-file"),
    path("fal/uploads/<str:ticket>", fal_proxy.upload, name="fal-upload"),
    path("fal/uploads/<str:ticket>/<int:number>", fal_proxy.upload_part, name="fal-upload-part"),
    path(
        "fal/uploads/<str:ticket>/complete", fal_proxy.upload_complete, name="fal-upload-complete"
    ),
    path("fal/files/<uuid:file_id>/<str:name>", fal_proxy.file, name="fal-file"),
    path(
        "fal/files/<uuid:file_id>/<str:name>/multipart/<str:ticket>/<int:number>",
        fal_proxy.upload_part,
        name="fal-file-part",
    ),
    path(
        "fal/files/<uuid:file_id>/<str:name>/multipart/<str:ticket>/complete",
        fal_proxy.upload_complete,
        name="fal-file-complete",
    ),
    path("openai/v1/chat/completions", openai.completions, name="openai-completions"),
    path("openai/v1/chat/completions/<uuid:run_id>", openai.completion, name="openai-completion"),
    path("openai/v1/images/generations", openai.generations, name="openai-generations"),
    path("openai/v1/images/edits", openai.edits, name="openai-edits"),
    path("openai/v1/images/<uuid:run_id>", openai.image, name="openai-image"),
    path("openai/v1/models", openai.models, name="openai-models"),
    path("openai/v1/models/<path:name>", openai.model, name="openai-model"),
    path("openai/v1/<path:name>", openai.absent, name="openai-absent"),
    *_resources(),
]

app_name = "api"
urlpatterns = [
    *tokens.TOKENS.urls(),
    path("account/tokens/clients/", clients.index, name="clients"),
    path("account/tokens/<int:pk>/trial/", clients.trial, name="token-trial"),
    path("account/agree/<str:signed>/", consents.answer_consent, name="consent"),
    # Below one prefix, so that Django does not try other addresses against each of these.
    path(PREFIX, include(_API)),
]
