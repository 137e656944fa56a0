"""A run's pictures in OpenAI's format: their addresses, or the files themselves."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from django.core.files.storage import default_storage

from api import costs
from api.fal_proxy import responses
from api.fal_proxy.responses import UpstreamResponse
from api.openai_proxy import chat_responses
from runs.models import Artifact, Run
from runs.results.outputs import artifacts_in

MAX_DATA_BYTES = 64 << 20  # of all files in one answer
NO_PICTURES = "The model answered without a picture."
NOT_COPIED = "The pictures are not copied yet. Ask for response_format url, or ask again later."


def pictures(run: Run, addresses: Mapping[str, str], *, wants_data: bool) -> UpstreamResponse:
    """Return the pictures, or why there are none; `addresses` are ours, by upstream's."""
    if run.state != Run.State.SUCCEEDED:
        return chat_responses.failure(run)
    if wants_data:
        return _with_data(run)
    images = [item for item in artifacts_in(run.output) if item.kind == "image"]
    if not images:
        return chat_responses.refused_run(run, 502, NO_PICTURES)
    return _answer(run, [{"url": addresses.get(item.url, item.url)} for item in images])


def _with_data(run: Run) -> UpstreamResponse:
    images = list(run.artifacts.filter(kind="image").order_by("position"))
    if not images:
        return chat_responses.refused_run(run, 502, NO_PICTURES)
    is_small = sum(artifact.size_bytes or 0 for artifact in images) <= MAX_DATA_BYTES
    if not is_small or any(artifact.state != Artifact.State.STORED for artifact in images):
        return chat_responses.refused_run(run, 504, NOT_COPIED)
    return _answer(run, [{"b64_json": _encoded(artifact)} for artifact in images])


def _encoded(artifact: Artifact) -> str:
    with default_storage.open(artifact.file) as file:
        return base64.b64encode(file.read()).decode()


def _answer(run: Run, data: list[dict[str, Any]]) -> UpstreamResponse:
    body = {"created": int(run.created_at.timestamp()), "data": data}
    if cost := costs.in_body(run):
        body["usage"] = cost
    headers = chat_responses.headers(run.pk) | costs.in_headers(run)
    return responses.as_json(body, 200, headers)
