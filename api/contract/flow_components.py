"""The JSON Schemas of flows and their runs."""

from __future__ import annotations

from api.contract.shapes import (
    ALLOW_UNKNOWN,
    ALLOW_UNKNOWN_PRICE,
    PROJECT,
    Schema,
    flag,
    integer,
    moment,
    nullable,
    number,
    page_schema,
    record,
    ref,
    request,
    several,
    text,
)

_FLOW = {
    "id": text(format="uuid"),
    "name": text(),
    "is_mine": flag(),
    "steps": integer("how many"),
    "changed_at": moment(),
    "project": PROJECT,
    "url": text("its page", format="uri"),
}
FLOWS: dict[str, Schema] = {
    "FlowCard": record(**_FLOW),
    "FlowPage": page_schema("FlowCard"),
    "Flow": record(
        **_FLOW,
        inputs=several(ref("Input"), "inputs that are set for each run"),
        values={"type": "object", "description": "saved values of the inputs, by name"},
        models=several(record(endpoint_id=text(), refusal=text("why it cannot be run now"))),
        estimate=ref("Estimate"),
    ),
    "NewFlowEstimate": request(
        inputs={
            "type": "object",
            "description": "values by input name; inputs left out use their saved values",
        },
        allow_unknown=ALLOW_UNKNOWN,
    ),
    "NewFlowRun": request(
        inputs={
            "type": "object",
            "description": "values by input name; inputs left out use their saved values",
        },
        max_cost=number("in USD; refuse the run if it may cost more than this", minimum=0),
        allow_unknown_price=ALLOW_UNKNOWN_PRICE,
        allow_unknown=ALLOW_UNKNOWN,
    ),
    "FlowRun": record(
        id=text(format="uuid"),
        flow_id=text(format="uuid"),
        state=text(enum=["running", "succeeded", "failed", "cancelled"]),
        is_final=flag(),
        created_at=moment(),
        ended_at=nullable(moment()),
        project=PROJECT,
        url=text("its page", format="uri"),
        steps=several(
            record(
                endpoint_id=text(),
                run_id=nullable(text(format="uuid")),
                state=nullable(text("state of the step's run; null before it begins")),
                not_sent=text("why it has no run"),
            )
        ),
    ),
}
