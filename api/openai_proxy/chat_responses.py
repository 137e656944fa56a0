"""A run as OpenAI's chat completion: whole, in chunks, or as an error."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from api import costs
from api.fal_proxy import responses
from api.fal_proxy.responses import UpstreamResponse
from api.http.dispatch import dumps
from api.http.problem import Problem
from api.openai_proxy import answers
from fal.transports import completions
from runs.models import Run

REQUEST_ID = "x-request-id"  # OpenAI's clients expose it as `_request_id`
# OpenAI's clients retry failed requests unless told not to: a started run has to be paid for.
NO_RETRY = {"x-should-retry": "false"}
DONE = b"data: [DONE]\n\n"
NOT_OVER = "The answer takes longer than this connection can be held. Its run continues: {}"
_COUNTS = (
    ("prompt_tokens", "input_tokens"),
    ("completion_tokens", "output_tokens"),
    ("total_tokens", "total_tokens"),
)


def refusal(problem: Problem) -> UpstreamResponse:
    """Return a problem of ours in OpenAI's format."""
    return responses.as_json(problem.as_openai_error(), problem.status, problem.headers)


def completion(run: Run) -> UpstreamResponse:
    """Return the completion, or why there is none."""
    if run.state != Run.State.SUCCEEDED:
        return failure(run)
    if completions.is_completions(run.endpoint.endpoint_id):
        text = run.output_text
        return UpstreamResponse(text.encode() if text else dumps(run.output), 200, headers(run.pk))
    answer = answers.parse_answer(run.output)
    if answer.trouble and not answer.text:
        return refused_run(run, 502, answer.trouble)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": answer.text},
        "finish_reason": "stop",
    }
    body = {**head(run), "object": "chat.completion", "choices": [choice]}
    tokens = usage(run, run.output)
    return responses.as_json(body | ({"usage": tokens} if tokens else {}), 200, headers(run.pk))


def as_stream(run: Run, *, wants_usage: bool) -> UpstreamResponse:
    """Return the completion as a stream of one chunk, if none was sent before; or the error."""
    whole_answer = completion(run)
    if whole_answer.status_code != 200:
        return whole_answer
    completion_document = json.loads(whole_answer.content)
    choices = [
        {
            "index": place,
            "delta": choice.get("message"),
            "finish_reason": choice.get("finish_reason"),
        }
        for place, choice in enumerate(completion_document.get("choices") or ())
    ]
    head = {key: completion_document.get(key) for key in ("id", "created", "model")}
    chunks = [{**head, "object": "chat.completion.chunk", "choices": choices}]
    if wants_usage and completion_document.get("usage"):
        chunks.append({**chunks[0], "choices": [], "usage": completion_document["usage"]})
    content = b"".join(event(chunk) for chunk in chunks) + DONE
    response = UpstreamResponse(content, 200, headers(run.pk))
    response.headers["Content-Type"] = "text/event-stream; charset=utf-8"
    return response


def not_over(run: Run) -> UpstreamResponse:
    """Return the response to a call that timed out waiting."""
    return refused_run(run, 504, NOT_OVER.format(run.get_absolute_url()))


def of_connection(run: Run) -> UpstreamResponse:
    """Return the response to a stream that ended before its first chunk."""
    if run.is_final:
        return completion(run)
    return refused_run(run, 504, str((run.error or {}).get("message") or responses.LOST))


def error_event(run: Run) -> bytes:
    """Return the final event of a stream that broke off: OpenAI's clients raise it as an error."""
    return event(json.loads(of_connection(run).content))


def head(run: Run) -> dict[str, Any]:
    """Return the members that a completion and its chunks share."""
    return {
        "id": f"chatcmpl-{run.pk}",
        "created": int(run.created_at.timestamp()),
        "model": run.endpoint.endpoint_id,
    }


def chunk(run: Run, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    """Return a chunk of an endpoint's answer."""
    choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
    return {**head(run), "object": "chat.completion.chunk", "choices": choices}


def ending(run: Run, output: Any, *, wants_usage: bool) -> Iterator[dict[str, Any]]:
    """Yield the last chunks of an endpoint's answer."""
    yield chunk(run, {}, "stop")
    if wants_usage and (token_counts := usage(run, output)):
        yield {**chunk(run, {}), "choices": [], "usage": token_counts}


def event(body: dict[str, Any]) -> bytes:
    """Return a server-sent event."""
    return b"data: " + dumps(body) + b"\n\n"


def usage(run: Run, output: Any) -> dict[str, Any]:
    """Return upstream's token counts by OpenAI's names, with a known cost; empty without counts."""
    tokens = output.get("usage") if isinstance(output, dict) else None
    if not isinstance(tokens, dict):
        return {}
    counts = {names[0]: next((tokens[n] for n in names if n in tokens), 0) for names in _COUNTS}
    counts["total_tokens"] = counts["total_tokens"] or (
        (counts["prompt_tokens"] or 0) + (counts["completion_tokens"] or 0)
    )
    return counts | costs.in_body(run)


def headers(pk: uuid.UUID) -> dict[str, str]:
    """Return the headers of every response about a run."""
    return {REQUEST_ID: str(pk)}


def failure(run: Run) -> UpstreamResponse:
    """Return upstream's error by its status and message; its full response is in the run."""
    response = responses.result(run) if run.is_final else not_over(run)
    message = str((run.error or {}).get("message") or "")
    if run.state == Run.State.CANCELLED and not message:
        message = responses.CANCELLED["detail"]
    return refused_run(run, response.status_code, message or "The model failed.")


def refused_run(run: Run, status: int, message: str) -> UpstreamResponse:
    problem = Problem(status, message, slug=str((run.error or {}).get("type") or "upstream_error"))
    return responses.as_json(problem.as_openai_error(), status, headers(run.pk) | NO_RETRY)
