"""The errors of models and runners, with fal's error types and HTTP statuses."""

from typing import Any

DOCS = "https://docs.fal.ai/errors/#"

_INPUT_ERRORS = """
content_policy_violation no_media_generated feature_not_supported file_download_error
image_too_small image_too_large image_load_error face_detection_error file_too_large
greater_than greater_than_equal less_than less_than_equal multiple_of one_of
sequence_too_short sequence_too_long invalid_archive archive_file_count_below_minimum
archive_file_count_exceeds_maximum audio_duration_too_long audio_duration_too_short
video_duration_too_long video_duration_too_short unsupported_audio_format
unsupported_image_format unsupported_video_format
"""
# Model errors: type → HTTP status; errors in the caller's input are 422.
MODEL_ERRORS = {
    "internal_server_error": 500,
    "generation_timeout": 504,
    "downstream_service_error": 400,
    "downstream_service_unavailable": 500,
    **dict.fromkeys(_INPUT_ERRORS.split(), 422),
}
MAYBE_RETRYABLE = {
    "internal_server_error",
    "generation_timeout",
    "downstream_service_error",
    "downstream_service_unavailable",
}

# Errors of the runner around a model: type → (HTTP status, whether a retry may succeed).
REQUEST_ERRORS = {
    "request_timeout": (504, True),
    "startup_timeout": (504, True),
    "runner_scheduling_failure": (503, True),
    "runner_connection_timeout": (503, True),
    "runner_disconnected": (503, True),
    "runner_connection_refused": (503, True),
    "runner_connection_error": (503, True),
    "runner_incomplete_response": (502, True),
    "runner_server_error": (500, True),
    "internal_error": (500, True),
    "client_disconnected": (499, False),
    "client_cancelled": (499, False),
    "bad_request": (400, False),
}


class Failure(Exception):
    """Ends a request unsuccessfully; status, result and webhook report it."""

    status = 500
    error_type = "internal_error"
    text = ""

    def body(self) -> dict[str, Any]:
        """Return the result's JSON body in the format of fal's queue (section 11.2)."""
        return {"detail": self.text, "error_type": self.error_type}

    def headers(self) -> dict[str, str]:
        """Return the result's headers that describe the failure."""
        return {"X-Fal-Error-Type": self.error_type}


class ModelError(Failure):
    """A model rejected its input or failed; `detail` has the format of section 11.1."""

    def __init__(
        self,
        type: str,
        msg: str,
        loc: tuple[str | int, ...] = (),
        ctx: dict[str, Any] | None = None,
        input: Any = None,
    ) -> None:
        item: dict[str, Any] = {
            "loc": ["body", *loc],
            "msg": msg,
            "type": type,
            "url": DOCS + type,
        }
        if ctx:
            item["ctx"] = ctx
        if input is not None:
            item["input"] = input
        self.detail = [item]
        self.status = MODEL_ERRORS.get(type, 422)
        self.error_type = type
        self.text = msg if self.status != 422 else f"Invalid status code: {self.status}"
        super().__init__(msg)

    def body(self) -> dict[str, Any]:
        return {"detail": self.detail}

    def headers(self) -> dict[str, str]:
        retry = "1" if self.error_type in MAYBE_RETRYABLE else "0"
        return super().headers() | {"X-Fal-Needs-Retry": retry}


class InvalidArguments(ModelError):
    """The arguments do not match the schema; `detail` has an item for each error."""

    def __init__(self, detail: list[dict[str, Any]]) -> None:
        first = detail[0]
        super().__init__(first["type"], first["msg"])
        self.status = 422
        self.text = "Invalid status code: 422"
        self.detail = detail


class TextRefusal(Failure):
    """A model rejected its input with a sentence instead of a list of details."""

    status = 422
    error_type = "value_error"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        self.text = "Invalid status code: 422"
        super().__init__(detail)

    def body(self) -> dict[str, Any]:
        return {"detail": self.detail}


class RequestError(Failure):
    """The runner around the model failed; text and `error_type` as in section 11.2."""

    def __init__(self, type: str, text: str, *, headers: dict[str, str] | None = None) -> None:
        self.status, self.retryable = REQUEST_ERRORS[type]
        self.error_type = type
        self.text = text
        self.extra = headers or {}
        super().__init__(text)

    def headers(self) -> dict[str, str]:
        retry = "1" if self.retryable else "0"
        return super().headers() | {"X-Fal-Needs-Retry": retry} | self.extra


class Cancelled(RequestError):
    """The caller cancelled the request."""

    def __init__(self) -> None:
        super().__init__("client_cancelled", "Request was cancelled")
