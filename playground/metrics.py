"""What upstream's metrics of a run say, where they can be believed: they may hold anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST_WORK_S = 7 * 86_400  # what says more than that says nothing


def inference_s(metrics: Mapping[str, Any]) -> float | None:
    """How many seconds the model worked, as `inference_time` tells (fal-protocol.md, 5.3); None where no number does."""
    told = metrics.get("inference_time")
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return float(told) if 0 < told < LONGEST_WORK_S else None
