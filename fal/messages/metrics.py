"""Reads a run's metrics as upstream reports them; they may contain anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_INFERENCE_S = 7 * 86_400  # larger values are treated as invalid


def inference_s(metrics: Mapping[str, Any]) -> float | None:
    """The model's working time in seconds by `inference_time` (protocol, 5.3); None if invalid."""
    seconds = metrics.get("inference_time")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(seconds) if 0 < seconds < MAX_INFERENCE_S else None
