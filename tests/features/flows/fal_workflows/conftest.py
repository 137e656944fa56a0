"""Workflows of fal's account, stored as the worker stores them."""

from collections.abc import Callable
from typing import Any

import pytest

import fal
from catalog.models import Endpoint
from features.flows.fal_workflows import store
from tests.features.flows.fal_workflows.definitions import CONTENTS_B

Keep = Callable[..., Endpoint]


@pytest.fixture
def keep(db: None) -> Keep:
    """`keep("two-step", contents)`: store a workflow of the account; return its endpoint."""

    def make(name: str = "two-step", contents: Any = CONTENTS_B, **more: Any) -> Endpoint:
        item = fal.WorkflowItem("Ana", name, more.pop("title", "Two step"), **more)
        endpoint = store.keep(item, None if contents is None else fal.WorkflowDetail(contents))
        assert endpoint
        return Endpoint.objects.get(pk=endpoint.pk)

    return make
