"""The times and sizes of the clients for fal."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

# Seconds for each phase. No pool timeout: fal/http/connections.py queues requests. A submit may
# carry megabytes of data URIs; a synchronous run waits for the model.
CALL = httpx.Timeout(connect=5, read=30, write=30, pool=None)
SUBMIT = httpx.Timeout(connect=5, read=120, write=120, pool=None)
RUN = httpx.Timeout(connect=5, read=600, write=120, pool=None)
# fal sends a comment every 15 s on an open status stream (5.3); a silent stream would delay a run.
STREAM = httpx.Timeout(connect=5, read=20, write=30, pool=None)
# A model's own stream has no such comments, and events may be minutes apart.
MODEL_STREAM = httpx.Timeout(connect=5, read=300, write=120, pool=None)
FILE = httpx.Timeout(connect=5, read=60, write=60, pool=None)


@dataclass(frozen=True, slots=True)
class Limits:
    """Timeouts of the clients, and how much they accept and send at once."""

    submit: httpx.Timeout = field(default_factory=lambda: SUBMIT)
    model_stream: httpx.Timeout = field(default_factory=lambda: MODEL_STREAM)
    slow_after_s: float = 4.0  # queue calls usually take milliseconds
    first_pause_s: float = 1.0  # between two tries
    idle_s: float = 600.0  # without a frame of a WebSocket, as in a synchronous run
    end_s: float = 5.0  # wait for the end of a body whose output is already complete
    max_answer_bytes: int = 128 << 20
    single_upload_bytes: int = 90 << 20  # a larger file is uploaded in parts
    part_bytes: int = 10 << 20
    chunk_bytes: int = 1 << 18  # of an upload, read at once


LIMITS = Limits()
