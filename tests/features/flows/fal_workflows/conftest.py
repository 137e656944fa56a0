"""Workflows of fal's account, stored as the worker stores them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import fal
from features.flows.fal_workflows import store
from features.flows.models import AccountWorkflow
from tests.features.flows.graph.definitions import CONTENTS_B

Keep = Callable[..., AccountWorkflow]


@pytest.fixture
def keep(db: None) -> Keep:
    """`keep("two-step", contents)`: store a workflow of the account."""

    def make(name: str = "two-step", contents: Any = CONTENTS_B, **more: Any) -> AccountWorkflow:
        item = fal.WorkflowItem("Ana", name, more.pop("title", "Two step"), **more)
        detail = None if contents is None else fal.WorkflowDetail(item, False, contents)
        trouble = "" if detail else "Its definition cannot be read."
        kept = store.keep(item, detail, trouble, is_own=True)
        assert kept
        return AccountWorkflow.objects.select_related("endpoint").get(pk=kept.pk)

    return make
