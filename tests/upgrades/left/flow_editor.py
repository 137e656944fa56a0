"""The columns and tables of the flow editor, and of the pages of the account's workflows."""

import uuid
from typing import Any

from django.utils import timezone

STEP = {"id": "s1", "endpoint": "left/painter", "arguments": {}, "wires": []}
DEFINITION = {"version": 1, "steps": [STEP], "inputs": []}
WORKFLOW = "workflows/ana/left"


def make(apps: Any) -> None:
    """Add a flow that was edited and has run, a workflow, its copied file, and a listing."""
    now = timezone.now()
    user = apps.get_model("auth", "User").objects.create(username="flow-editor")
    project = apps.get_model("projects", "Project").objects.create(name="Flows", slug="flows")
    upload = apps.get_model("playground", "Upload").objects.create(
        user=user, project=project, digest="f", file="f", file_name="f", size_bytes=1
    )
    endpoints = apps.get_model("catalog", "Endpoint").objects
    endpoint = endpoints.create(endpoint_id=WORKFLOW, entry_digest="account")
    run = apps.get_model("playground", "Run").objects.create(
        user=user, project=project, endpoint=endpoint, form_token=uuid.uuid4().hex, arguments={}
    )
    flow = apps.get_model("flows", "Flow").objects.create(
        user=user, project=project, name="Left", definition=DEFINITION,
        previous=DEFINITION, version=3, origin=run,
    )  # fmt: skip
    apps.get_model("flows", "FlowRun").objects.create(
        user=user, project=project, flow=flow, form_token="left", definition=DEFINITION
    )
    apps.get_model("flows", "AccountWorkflow").objects.create(
        endpoint=endpoint, owner="ana", name="left", title="Left", is_own=True,
        definition="{}", read_at=now,
    )  # fmt: skip
    apps.get_model("flows", "AccountListing").objects.create(read_at=now)
    apps.get_model("flows", "StepFile").objects.create(run=run, position=1, upload=upload)


def check(apps: Any) -> None:
    """The flow with its run, the workflow's definition, and the copied file are there."""
    flow = apps.get_model("flows", "Flow").objects.get(name="Left")
    assert flow.definition == DEFINITION
    assert flow.runs.count() == 1
    assert flow.origin.endpoint.endpoint_id == WORKFLOW
    workflow = apps.get_model("flows", "AccountWorkflow").objects.get()
    assert (workflow.endpoint.endpoint_id, workflow.definition) == (WORKFLOW, "{}")
    assert apps.get_model("playground", "Upload").objects.get(digest="f").project.name == "Flows"
