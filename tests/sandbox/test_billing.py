"""What a run is billed: in the unit of its model's price."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.models import MODELS
from tests.sandbox.server import RunningSandbox
from tests.sandbox.test_models import SMALL, arguments_for

pytestmark = pytest.mark.system  # takes long


@pytest.mark.parametrize(
    ("endpoint_id", "units", "more"),
    [
        ("sandbox/aurora/trainer", lambda output: 20, {"steps": 20}),
        ("murmur/listen", lambda output: output["duration"], {}),
        (
            "sandbox/aurora",
            lambda output: 2 * round(SMALL["width"] * SMALL["height"] / 1e6, 3),
            {"num_images": 2},
        ),
        ("sandbox/ledger", lambda output: 0.005, {"text": "Paper"}),
        ("murmur/tones", lambda output: 2, {}),
    ],
)
def test_a_model_bills_in_the_unit_of_its_price(
    http: httpx.Client, sandbox: RunningSandbox, endpoint_id: str, units: Any, more: dict[str, Any]
) -> None:
    model = next(each for each in MODELS if each.endpoint_id == endpoint_id)
    arguments = arguments_for(model, sandbox, **more)
    answer = http.post(f"{sandbox.addresses['run']}/{endpoint_id}", json=arguments)
    billed = float(answer.headers["X-Fal-Billable-Units"])
    assert billed == pytest.approx(units(answer.json()), abs=1e-3)
