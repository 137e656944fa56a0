"""Error messages for people: what happened, what it means, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.utils.text import Truncator

import fal
from core.formatting import duration_in_words
from runs.models import START_TIMEOUT
from runs.results import refusals
from runs.results.refusals import INPUT


@dataclass(frozen=True)
class Explanation:
    """A failure in words; `is_retryable`: the same run may succeed later."""

    title: str
    advice: str
    is_retryable: bool = False


REASON_SIGNS = 160
ANSWERED_TWICE = re.compile(r"^(Upstream answered ([0-9]+)): fal answered \2 and")
# The advice of explanations without their own, by whether the same run may succeed later.
RETRY = "Nothing is wrong with your input. Run it again; if it keeps failing, try later."
FINAL = "Running it again would hardly help: change the input, or try another model."
# What a deputy takes over, by error type or class.
DECLINED = {
    "content_policy_violation": "declined this content",
    "model_blocked": "is blocked",
}
TIMED_OUT = {
    *("request_timeout", "startup_timeout", "generation_timeout", "internal_server_error"),
    *("downstream_service_error", "downstream_service_unavailable"),
}
NO_RESPONSE = {"UpstreamFailed", "Unreachable"}
AGAIN = "Run it again."  # follows specific advice if the same run may succeed later

# Title and advice by fal's error type (protocol, sections 11.1 to 11.3). Only the error's
# `is_retryable` decides whether to run it again, so no advice here mentions that.
BY_TYPE: Mapping[str, tuple[str, str]] = {
    "internal_server_error": ("The model broke down", ""),
    "generation_timeout": ("The model took too long", "Ask for a smaller result, or for fewer."),
    "downstream_service_error": ("A service behind the model refused", ""),
    "downstream_service_unavailable": ("A service behind the model is unavailable", ""),
    "content_policy_violation": (
        "The model declined this content",
        "Its content checker objected to the prompt or a file. Reword it or choose another file. "
        "Another model may accept it.",
    ),
    "no_media_generated": ("The model made nothing from this", "Reword the prompt."),
    "image_too_small": ("A picture is too small", INPUT),
    "image_too_large": ("A picture is too large", INPUT),
    "image_load_error": ("A picture could not be read", "Give it as PNG, JPEG or WebP."),
    "file_download_error": (
        "A file could not be fetched",
        "Choose the file again, or check that its address is public.",
    ),
    "face_detection_error": ("No face was found in the picture", "Choose one with a clear face."),
    "file_too_large": ("A file is too large", INPUT),
    "file_upload_failed": ("A file did not reach the model", "Try another file."),
    "feature_not_supported": ("The model cannot do this combination", INPUT),
    "invalid_archive": ("The archive could not be read", INPUT),
    "request_timeout": ("The model took too long", "Ask for a smaller result, or for fewer."),
    "startup_timeout": ("The model did not start in time", ""),
    "model_blocked": (
        "The model is blocked",
        "Try another model.",
    ),
    "client_cancelled": (
        "The run was cancelled",
        "It was stopped before its end.",
    ),
    "stream_broken": (
        "The connection broke before the result was whole",
        "The queue keeps a result for you even then.",
    ),
    "stream_unusable": (
        "The stream ended without a result",
        "The queue may bring a result.",
    ),
    "not_found": (
        "Upstream no longer knows this run",
        "It was lost there, or its result has expired. Start a new run for a new result.",
    ),
    "concurrent_requests_limit": ("Too many runs at once", "Wait for one to end."),
}
BY_CLASS: Mapping[str, tuple[str, str]] = {
    "InvalidInput": ("The model did not accept the input", INPUT),
    "RateLimited": ("Upstream got too many requests", "Wait a minute."),
    "UpstreamFailed": ("Upstream is in trouble", ""),
    "Unreadable": (
        "The result cannot be shown",
        "Upstream ended the run. Its answer is kept below.",
    ),
    "Unreachable": ("Upstream does not answer", ""),
    "RunFailed": ("The model failed", ""),
}


def with_full_stop(text: str) -> str:
    """Return the text with a full stop unless it ends with a mark, so a sentence can follow."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def upstream_words(message: str) -> str:
    """Remove the status from the beginning if fal's message repeats it."""
    return ANSWERED_TWICE.sub(r"\1 and", message)


def explain(error: Mapping[str, Any] | None) -> Explanation:
    """Explain `FalError.as_json()`; unknown errors get a general explanation.

    It never advises to run the same again if that would fail again, and leaves the cost to
    `known_costs.charge_in_words`.
    """
    error = error or {}
    if START_TIMEOUT in error:  # the run may start at once the next time
        return Explanation(gave_up(error), AGAIN, is_retryable=True)
    title, advice = _title_and_advice(error)
    is_retryable = bool(error.get("is_retryable"))
    if not advice:
        advice = RETRY if is_retryable else FINAL
    elif is_retryable:
        advice = f"{advice} {AGAIN}"
    return Explanation(title, advice, is_retryable)


def gave_up(error: Mapping[str, Any]) -> str:
    """Return that a run ended because it had not started in the time that it was given."""
    return f"Gave up: it had not started within {duration_in_words(error[START_TIMEOUT])}"


def deputy_reason(error: Mapping[str, Any]) -> str:
    """Return why another model may do what this one did not, such as `did not respond`; else "".

    The sentence begins with the model's name.
    """
    kind, refusal = _kind(error), refusals.find_refusal(error)
    if kind in DECLINED:
        return DECLINED[kind]
    if refusal and refusal.kind in refusals.OF_MODEL:
        return "cannot be used"
    is_broken = (error.get("status") or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
    is_down = is_broken or kind.startswith("runner_") or error.get("error") in NO_RESPONSE
    return "did not respond" if is_down or kind in TIMED_OUT or START_TIMEOUT in error else ""


def _title_and_advice(error: Mapping[str, Any]) -> tuple[str, str]:
    kind = _kind(error)
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if refusal := refusals.find_refusal(error):
        return refusal.title, refusal.advice
    if error.get("status") == HTTPStatus.UNPROCESSABLE_ENTITY:
        return BY_CLASS["InvalidInput"]
    if kind.startswith("runner_"):
        return "The machine that ran the model went away", ""
    return BY_CLASS.get(str(error.get("error")), ("The run failed", ""))


def reason(error: Mapping[str, Any] | None) -> str:
    """Return the failure in one line: its title and upstream's first message."""
    if error and START_TIMEOUT in error:
        return f"{gave_up(error)}. It cost nothing."
    first = next((" ".join(problem.message.split()) for problem in problems(error)), "")
    title = explain(error).title
    return Truncator(f"{title}: {first}" if first else title).chars(REASON_SIGNS)


def problems(error: Mapping[str, Any] | None) -> list[fal.Problem]:
    """Return upstream's own messages, one per problem, else its single message."""
    error = error or {}
    detail = error.get("detail")
    if isinstance(detail, str | list) and detail:
        return fal.error_paths(detail)
    return fal.error_paths(str(error.get("message") or ""))


def _kind(error: Mapping[str, Any]) -> str:
    types = {problem.type for problem in fal.error_paths(error.get("detail"))}
    only = next(iter(types)) if len(types) == 1 else None
    return str(error.get("type") or only or "")
