"""The JSON Schemas (2020-12) of the API's bodies, by name; requests are validated by them."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from api import costs
from api.contract.board_components import BOARDS
from api.contract.shapes import (
    ALLOW_UNKNOWN,
    ALLOW_UNKNOWN_PRICE,
    ENDPOINT_ID,
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
from api.models import Consent
from api.tokens import SCOPES
from catalog.models import Change, Mark
from projects.models import Membership
from runs.models import Artifact, Run, Transport
from runs.start import wait_choices

ROOT = "urn:vitrine:api"
SENT_TRANSPORTS = [transport.value for transport in Transport if transport != Transport.REALTIME]


WEBHOOK_URL = text("a public https address", minLength=1, maxLength=2000, format="uri")
_CARD = {
    "endpoint_id": text("fal's id of the model: `fal-ai/flux/dev`"),
    "name": text(),
    "owner": text(),
    "category": text(),
    "description": text(),
    "status": text("`active`, `deprecated` …"),
    "is_runnable": flag("false for what upstream withdrew, a curator blocked or a rule locks"),
    "standing": text("mark that curators gave it", enum=["", *Mark.values]),
    "price": ref("Price"),
    "url": text("its page", format="uri"),
}
_RUN = {
    "id": text(format="uuid"),
    "endpoint_id": text(),
    "title": text("the prompt's first line"),
    "state": text(enum=Run.State.values),
    "is_final": flag("true once state and output can no longer change"),
    "transport": text(enum=Transport.values),
    "reason": text("why it failed, in one line; empty unless it failed"),
    "note": text("what the run is waiting for; empty when it is not waiting"),
    "created_at": moment(),
    "ended_at": nullable(moment()),
    "duration_s": nullable(number("from its creation to its end")),
    "artifacts": several(ref("Artifact")),
    "is_starred": flag(),
    "project": PROJECT,
    "batch_id": nullable(
        text("shared by the runs that one press of ×2 to ×8 started", format="uuid")
    ),
    "url": text("its page", format="uri"),
}
COST = record(
    amount=text("a decimal number, in USD: `0.04`"),
    source=text(
        "upstream's bill, the billed units times the price, or an estimate",
        enum=list(costs.SOURCES.values()),
    ),
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
_FLOW_INPUTS = {
    "type": "object",
    "description": "values by input name; inputs left out use their saved values",
}
_FIGURES: dict[str, Any] = {
    "runs": integer("number of runs that it was measured from"),
    "median": text("dollars per `unit`"),
    "low": text(),
    "high": text(),
    "said": nullable(text("what the same runs cost by the list price; null: unknown")),
}
COMPONENTS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": text("`urn:vitrine:problem:…`: identifies the kind of problem", format="uri"),
            "title": text(),
            "status": integer(),
            "detail": text("what happened and what to do, in sentences"),
            "errors": several(
                {
                    "type": "object",
                    "required": ["detail"],
                    "properties": {
                        "detail": text(),
                        "pointer": text("JSON Pointer into the body"),
                        "parameter": text("name of a parameter"),
                    },
                }
            ),
        },
    },
    "Me": record(
        user=text(),
        is_staff=flag(),
        token=record(
            name=text(),
            scopes=several(text(enum=list(SCOPES))),
            expires_at=nullable(moment()),
            project=nullable(text("slug of the only project that it is for; null: all of yours")),
        ),
        upstream=text(
            "where runs are sent, as the worker reports; unknown until a worker has started",
            enum=["fal", "sandbox", "unknown"],
        ),
        waiting_because=text("why a new run would have to wait; empty if it would not"),
        version=text("version of this Vitrine: `0.2.0`"),
    ),
    "Project": record(
        slug=text("its name in `?project=`; `private` for your private project"),
        name=text(),
        role=text("what you may do there", enum=list(Membership.Role.values)),
        is_archived=flag("true once it is archived: nothing new can start in it"),
    ),
    "ProjectPage": page_schema("Project"),
    "Price": record(
        amount=nullable(text("decimal number; null where unknown")),
        currency=text(),
        unit=text("the unit that the amount buys"),
        text=text("the price in readable form: `$0.025 per image`"),
    ),
    "ModelCard": record(**_CARD),
    "ModelPage": page_schema("ModelCard")
    | {"description": "Models, best first."}
    | record(
        items=several(ref("ModelCard")),
        next_cursor=nullable(text("pass it as `cursor` for the next page; null on the last")),
        total=integer("number of models that match the search"),
    ),
    "Input": record(
        name=text("dotted path of a nested input: `loras[].path`"),
        type=text("in words: `whole number`, `list of image addresses`"),
        is_required=flag(),
        default=text("as JSON; empty if there is none"),
        limits=text(),
        choices=several(text()),
        description=text(),
    ),
    "Model": record(
        **_CARD,
        refusal=text("why it cannot be run; empty if it can"),
        deputy=nullable(text("the id of the model that takes over from it")),
        tags=several({}),
        license=text(),
        group=text(),
        capabilities=several(text(), "words that search understands: `out:video`"),
        price_in_words=text("with the price of a typical run"),
        typical_duration_s=nullable(number("median of the house's runs, from ten on")),
        published_at=nullable(moment()),
        is_favourite=flag(),
        transports=several(text(enum=SENT_TRANSPORTS)),
        inputs=several(ref("Input"), "the most important first"),
        example={"type": "object", "description": "arguments that work"},
        schema_digest=text("changes when the schema changes; empty if there is no schema"),
        pinned=flag("upstream shows it before all others"),
        highlighted=flag("upstream recommends it"),
        entry={"type": ["object", "null"], "description": "upstream's listing of it, unchanged"},
    ),
    "ModelSchema": record(
        endpoint_id=text(),
        digest=text(),
        openapi={"type": ["object", "null"], "description": "its OpenAPI document, unchanged"},
    ),
    "Change": record(
        id=integer(),
        endpoint_id=text(),
        kind=text(enum=Change.Kind.values),
        headline=text(),
        is_breaking=flag("true if calls that worked before may now fail"),
        at=moment(),
        lines=several({"type": "object"}, "what changed, line by line"),
    ),
    "ChangePage": page_schema("Change"),
    "Artifact": record(
        position=integer(),
        kind=text(enum=["image", "video", "audio", "mesh", "text", "file"]),
        path=text("its path in the output"),
        url=nullable(
            text(
                "address of the file: ours needs the token, upstream's expires; null if it is lost"
            )
        ),
        content_type=text(),
        file_name=text(),
        width=nullable(integer()),
        height=nullable(integer()),
        duration_s=nullable(number()),
        size_bytes=nullable(integer()),
        state=text("`stored`: copied here", enum=Artifact.State.values),
        is_starred=flag(),
    ),
    "RunCard": record(**_RUN),
    "RunPage": page_schema("RunCard"),
    "RunError": record(
        type=text("fal's name for the kind of error"),
        title=text(),
        advice=text("what to do"),
        is_retryable=flag(),
        problems=several(record(path=several({"type": ["string", "integer"]}), message=text())),
    ),
    "Run": record(
        **_RUN,
        arguments={"description": "the model's input"},
        output={
            "description": "the model's output, with the addresses of our copies of its files; "
            "null until it succeeded"
        },
        error={"anyOf": [ref("RunError"), {"type": "null"}]},
        logs=several(text(), "the last lines"),
        queue_position=nullable(integer()),
        started_at=nullable(moment()),
        inference_s=nullable(number("the model's own working time")),
        billed=text("what upstream billed, in words"),
        cost=nullable(COST),
        request_id=text("upstream's id of the request"),
        allows_fallback=flag("if it is unavailable, fal may answer from an equivalent model"),
        deputy_run_id=nullable(
            text("the run by which the model's deputy took over", format="uuid")
        ),
        webhook_url=text(
            "where the end of the run is reported, without the secret part; empty if nowhere"
        ),
    ),
    # One type for generated clients; the operation requires one of endpoint_id and preset_id.
    "NewRun": request(
        endpoint_id=ENDPOINT_ID | {"description": "the model; optional if `preset_id` is given"},
        arguments={
            "type": "object",
            "description": "the model's input; addresses of uploads and artifacts serve as files. "
            "With `preset_id`, these override the preset's arguments. Empty by default.",
        },
        preset_id=integer("preset whose arguments are filled in", minimum=1, maximum=2**31 - 1),
        transport=text(enum=SENT_TRANSPORTS, default="queue"),
        **wait_choices.OPTIONS,
        max_cost=number(
            "refuse the run if it may cost more than this, in the price's currency",
            minimum=0,
            maximum=1_000_000,
        ),
        allow_unknown_price=ALLOW_UNKNOWN_PRICE,
        webhook_url=WEBHOOK_URL
        | {"description": "address to notify when the run ends, signed as fal signs its webhooks"},
        allow_unknown=ALLOW_UNKNOWN,
    ),
    "Consent": record(
        id=text(format="uuid"),
        state=text(
            "a call with `?consent=<id>` starts what the person agreed to",
            enum=Consent.State.values,
        ),
        subject=text("the model's id, or the flow's name"),
        price=text("the most that it costs: `$0.42`, or words where no limit is known"),
        left=text("what the budgets have left: `$12.00`; empty if no budget applies"),
        expires_at=moment("after this time, it can no longer start anything"),
        url=text("the page where the token's owner answers it", format="uri"),
        started=nullable(
            text("id of the run, or of the flow's run, once there is one", format="uuid")
        ),
        is_flow=flag(),
    ),
    "ConsentAnswer": request(
        "agrees",
        agrees=flag("the person's answer"),
        program=text("your program and its version, for the audit log", maxLength=80),
    ),
    "NewEstimate": request(
        "endpoint_id",
        endpoint_id=ENDPOINT_ID,
        arguments={"type": "object", "description": "empty by default"},
        allow_unknown=ALLOW_UNKNOWN,
    ),
    "Estimate": record(
        low=nullable(number("null if nothing is known")),
        high=nullable(
            number("most it can cost, as compared with `max_cost`; null if no limit is known")
        ),
        usual=nullable(
            number("where no limit is known: what most runs of the model cost; this is no limit")
        ),
        currency=text(),
        text=text("in readable form: `about $0.10`"),
        cost=nullable(COST),
        basis=several(text(), "how it was computed"),
    ),
    "Preset": record(
        id=integer(),
        endpoint_id=text(),
        name=text(),
        arguments={"type": "object"},
        is_shared=flag(),
        is_mine=flag(),
        owner=text(),
        project=PROJECT,
        is_outdated=flag("saved under an older version of the model's schema"),
    ),
    "PresetPage": page_schema("Preset"),
    "CollectionCard": record(
        slug=text(),
        title=text(),
        description=text(),
        is_published=flag(),
        url=text(format="uri"),
    ),
    "CollectionPage": page_schema("CollectionCard"),
    "Collection": record(
        slug=text(),
        title=text(),
        description=text(),
        is_published=flag(),
        url=text(format="uri"),
        models=several(record(model=ref("ModelCard"), note=text("the curator's note"))),
    ),
    **BOARDS,
    "MeasuredPrice": record(
        endpoint_id=text(),
        name=text(),
        category=text(),
        unit=text("what a sum is for: `image`, `second`, `1,000 tokens`, `run`"),
        **_FIGURES,
        spread=text("mean distance from the median, relative to the mean: 0 is a constant price"),
        difference=nullable(
            text(
                "the largest difference to the stated price, relative to that price: 0.5 is half "
                "as much again"
            )
        ),
        is_used=flag("cards and estimates use it in place of the list price"),
        groups=several(
            ref("MeasuredGroup"), "where arguments change the price; the most used first"
        ),
        list_price=record(amount=nullable(text()), unit=text(), currency=text()),
        measured_at=moment(),
    ),
    "MeasuredGroup": record(
        arguments={"type": "object", "additionalProperties": text()}, **_FIGURES
    ),
    "MeasuredPricePage": page_schema("MeasuredPrice"),
    "LeaderboardPage": page_schema("ModelRecord"),
    "ModelRecord": record(
        endpoint_id=text(),
        name=text(),
        category=text(),
        runs=integer("that succeeded or failed"),
        failed=integer(),
        judged=integer("results that somebody has looked at"),
        kept=integer("of them: starred, picked, in a series, shared, used as an input"),
        price_per_kept_usd=nullable(number("spent on judged runs for each kept one")),
        low_usd=nullable(number("lower end of its 95 % interval")),
        high_usd=nullable(number("upper end; null: it has none")),
        too_few=flag("fewer than twenty judged results: too few to tell"),
        rows=integer("of boards, with a winner, where it stood against other models"),
        rows_won=integer(),
        median_duration_s=nullable(number("of the house's runs, from ten on")),
    ),
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
        inputs=_FLOW_INPUTS,
        allow_unknown=ALLOW_UNKNOWN,
    ),
    "NewFlowRun": request(
        inputs=_FLOW_INPUTS,
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
    "FavouritePage": page_schema("ModelCard"),
    "Upload": record(
        id=text(format="uuid"),
        address=text("use it in a run's arguments where a file's address is expected"),
        url=text("the file", format="uri"),
        file_name=text(),
        content_type=text(),
        size_bytes=integer(),
        project=PROJECT,
    ),
    "UploadPage": page_schema("Upload"),
    "Webhook": record(
        id=text(format="uuid"),
        name=text(),
        webhook_url=text("without its secret part"),
        is_paused=flag(),
        created_at=moment(),
    ),
    "WebhookPage": page_schema("Webhook"),
    "Delivery": record(
        id=text(format="uuid"),
        run_id=text(format="uuid"),
        webhook_id=nullable(text("null for the webhook that the run itself named", format="uuid")),
        webhook_url=text("without its secret part"),
        state=text(enum=["waiting", "pending", "delivered", "failed"]),
        attempts=several(
            record(
                at=moment(),
                status=nullable(integer("HTTP status of the receiver's response")),
                error=text("why the attempt failed; empty if it succeeded or is in progress"),
            )
        ),
        next_attempt_at=nullable(moment()),
        created_at=moment(),
    ),
    "DeliveryPage": page_schema("Delivery"),
    "NewUpload": {
        "type": "object",
        "required": ["file"],
        "properties": {
            # OpenAPI 3.1 has the media type; generators of clients know the format of 3.0 alone.
            "file": {
                "type": "string",
                "format": "binary",
                "contentMediaType": "application/octet-stream",
            },
            "kind": text(
                "kind of file that the field accepts", enum=["image", "video", "audio", "file"]
            ),
        },
    },
}


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of a component."""
    resource = DRAFT202012.create_resource({"components": {"schemas": COMPONENTS}})
    registry: Registry[Any] = Registry().with_resource(ROOT, resource)
    return Draft202012Validator({"$ref": f"{ROOT}#/components/schemas/{name}"}, registry=registry)
