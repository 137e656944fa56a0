"""axe-core finds nothing on any form: untouched, filled in and full of mistakes, in both themes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from sandbox import openapi
from sandbox.models import MODELS
from schemas import Field, build, contract
from schemas.validation import validate
from tests.browser.forms import DOCUMENTS, Show, real

pytestmark = pytest.mark.browser


def assert_clean(page: Page) -> None:
    """Everything unfolded, light and dark."""
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    for theme in ("light", "dark"):
        page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
        result = Axe().run(page)
        assert result.violations_count == 0, f"{theme}: {result.generate_report()}"


@pytest.mark.parametrize("name", ["kit", *DOCUMENTS])
def test_axe_finds_nothing_where_much_is_wrong(show: Show, kit: Field, name: str) -> None:
    found, root = (None, kit) if name == "kit" else real(name)
    wrong = {
        "loras": [{"scale": 9}],
        "num_images": 99,
        "image_size": {"width": -1},
        "tags": ["x"],
        "image_urls": ["/u/a.png"],
    }
    problems = validate(found, wrong, root) if found else []
    page = show(root, wrong, problems=problems)
    assert_clean(page)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_axe_finds_nothing_on_a_real_model(show: Show, name: str) -> None:
    assert_clean(show(real(name)[1]))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.endpoint_id)
def test_axe_finds_nothing_on_a_sandbox_model(show: Show, model: Any) -> None:
    document = openapi.document(model, defaultdict(lambda: "http://127.0.0.1/"))
    root = build(contract(document, model.endpoint_id))
    assert_clean(show(root, model.example()))
