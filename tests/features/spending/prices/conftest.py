"""Runs that upstream has billed."""

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from features.spending.prices import updating
from runs.costs import ledger
from runs.models import Run
from runs.results import outcomes
from runs.state import state_machine
from tests.runs.start.started import start_run

PictureBill = Callable[..., Run]
KEYS = map(str, count())
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.4",
    "info": {"title": "Painter", "version": "1"},
    "paths": {
        "/": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Input"}}
                    }
                }
            }
        }
    },
    "components": {
        "schemas": {
            "Input": {
                "type": "object",
                "required": ["prompt"],
                "properties": {
                    "prompt": {"type": "string"},
                    "resolution": {"enum": ["1K", "2K", "4K"], "default": "1K"},
                    "num_images": {"type": "integer", "minimum": 1, "maximum": 4, "default": 1},
                },
            }
        }
    },
}


@pytest.fixture(autouse=True)
def nobody_is_asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use measured prices without a question to an admin, except in the tests of that question."""
    if "admin_is_asked" not in request.fixturenames:
        monkeypatch.setattr(updating, "MOST_UNASKED", Decimal(10**6))


@pytest.fixture
def admin_is_asked() -> None:
    """Ask an admin beyond twice the list price, as the product does."""


@pytest.fixture
def painter(make_endpoint: Any) -> Endpoint:
    """A model with a list price of a twentieth of a cent per compute second."""
    endpoint: Endpoint = make_endpoint(
        "acme/paint",
        document=DOCUMENT,
        unit_price_usd=Decimal("0.0005"),
        price_unit="compute seconds",
        facts=["out:image"],
    )
    return endpoint


@pytest.fixture
def bill(user: User, painter: Endpoint) -> PictureBill:
    """`bill("0.05", pictures=2, resolution="4K")` → a run that upstream bills at this cost."""

    def make(
        cost: str, pictures: int = 1, *, endpoint: Endpoint | None = None, **arguments: Any
    ) -> Run:
        arguments = {"prompt": "a cat", "num_images": pictures} | arguments
        endpoint = endpoint or painter
        run = start_run(user=user, endpoint=endpoint, arguments=arguments, key=next(KEYS)).run
        images = [
            {"url": f"https://v3.fal.media/files/{n}.png", "width": 1024, "height": 1024}
            for n in range(pictures)
        ]
        state_machine.record(run.pk, outcomes.from_output({"images": images}, by="test"))
        Run.objects.filter(pk=run.pk).update(metrics={"inference_time": 4.0})
        ledger.report(run.pk, Decimal(cost))
        return run

    return make
