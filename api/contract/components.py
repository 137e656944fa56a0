"""The JSON Schemas (2020-12) of the API's bodies, by name; requests are validated by them."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from api.contract.board_components import BOARDS
from api.contract.shapes import (
    ALLOW_UNKNOWN,
    ENDPOINT_ID,
    Schema,
    flag,
    integer,
    moment,
    nullable,
    number,
    page,
    record,
    ref,
    request,
    several,
    text,
)
from api.tokens import SCOPES
from catalog.models import Change, Standing
from runs.models import Artifact, Run, Transport

ROOT = "urn:vitrine:api"
SENT_TRANSPORTS = [one.value for one in Transport if one != Transport.REALTIME]


WEBHOOK_URL = text("a public https address", minLength=1, maxLength=2000, format="uri")
_CARD = {
    "endpoint_id": text("what fal calls it: `fal-ai/flux/dev`"),
    "name": text(),
    "owner": text(),
    "category": text(),
    "description": text(),
    "status": text("`active`, `deprecated` …"),
    "is_runnable": flag("false for models that upstream withdrew or a curator blocked"),
    "standing": text("what the curators say of it", enum=["", *Standing.values]),
    "price": ref("Price"),
    "url": text("its page", format="uri"),
}
_RUN = {
    "id": text(format="uuid"),
    "endpoint_id": text(),
    "title": text("the prompt's first line"),
    "state": text(enum=Run.State.values),
    "is_final": flag("whether state and output will not change any more"),
    "transport": text(enum=Transport.values),
    "reason": text("why it failed, in a line; empty unless it has"),
    "note": text("what it waits for, where it does"),
    "created_at": moment(),
    "ended_at": nullable(moment()),
    "duration_s": nullable(number("from its creation to its end")),
    "artifacts": several(ref("Artifact")),
    "is_starred": flag(),
    "batch_id": nullable(text("of the runs that one press of ×2 to ×8 started", format="uuid")),
    "url": text("its page", format="uri"),
}
_FLOW = {
    "id": text(format="uuid"),
    "name": text(),
    "is_mine": flag(),
    "steps": integer("how many"),
    "changed_at": moment(),
    "url": text("its page", format="uri"),
}

COMPONENTS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": text("`urn:vitrine:problem:…`: what to tell problems apart by", format="uri"),
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
        ),
        upstream=text(
            "where runs go, as the worker says; unknown before one has run",
            enum=["fal", "sandbox", "unknown"],
        ),
        waiting_because=text("why a new run would wait; empty when it would not"),
    ),
    "Price": record(
        amount=nullable(text("decimal number; null where unknown")),
        currency=text(),
        unit=text("what the amount pays for"),
        text=text("the price for people: `$0.025 per image`"),
    ),
    "ModelCard": record(**_CARD),
    "ModelPage": page("ModelCard")
    | {"description": "Models, best first."}
    | record(
        items=several(ref("ModelCard")),
        next_cursor=nullable(text("null on the last page")),
        total=integer("how many the question finds"),
    ),
    "Input": record(
        name=text("`loras[].path` for one within another"),
        type=text("in words: `whole number`, `list of image addresses`"),
        is_required=flag(),
        default=text("as JSON; empty without one"),
        limits=text(),
        choices=several(text()),
        description=text(),
    ),
    "Model": record(
        **_CARD,
        refusal=text("why it cannot be run; empty if it can"),
        tags=several({}),
        license=text(),
        group=text(),
        capabilities=several(text(), "words that search understands: `out:video`"),
        price_in_words=text("with the price of a typical run"),
        typical_duration_s=nullable(number("median of the team's runs")),
        published_at=nullable(moment()),
        is_favourite=flag(),
        transports=several(text(enum=SENT_TRANSPORTS)),
        inputs=several(ref("Input"), "the important ones first"),
        example={"type": "object", "description": "arguments that work"},
        schema_digest=text("changes with its schema; empty without one"),
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
        is_breaking=flag("whether calls that worked may fail now"),
        at=moment(),
        lines=several({"type": "object"}, "what changed, line by line"),
    ),
    "ChangePage": page("Change"),
    "Artifact": record(
        position=integer(),
        kind=text(enum=["image", "video", "audio", "mesh", "text", "file"]),
        path=text("where in the output"),
        url=nullable(
            text("its file: ours takes the token, upstream's expires; null if it was lost")
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
    "RunPage": page("RunCard"),
    "RunError": record(
        type=text("fal's name for the kind of error"),
        title=text(),
        advice=text("what to do"),
        is_retryable=flag(),
        problems=several(record(path=several({"type": ["string", "integer"]}), message=text())),
    ),
    "Run": record(
        **_RUN,
        arguments={"description": "what was asked for"},
        output={"description": "the model's output; null until it succeeded"},
        error={"anyOf": [ref("RunError"), {"type": "null"}]},
        logs=several(text(), "the last lines"),
        queue_position=nullable(integer()),
        started_at=nullable(moment()),
        inference_s=nullable(number("the model's own working time")),
        billed=text("what upstream billed, in words"),
        request_id=text("upstream's"),
        webhook_url=text("where its end is reported, without the secret part; empty without one"),
    ),
    # One type for generated clients; the operation requires one of endpoint_id and preset_id.
    "NewRun": request(
        endpoint_id=ENDPOINT_ID | {"description": "the model; may be left out beside `preset_id`"},
        arguments={
            "type": "object",
            "description": "the model's input; addresses of uploads and of artifacts may stand in "
            "place of files. Added to the preset's where both are given.",
            "default": {},
        },
        preset_id=integer("fills the arguments", minimum=1, maximum=2**31 - 1),
        transport=text(enum=SENT_TRANSPORTS, default="queue"),
        max_cost=number(
            "refuse the run unless its estimate certainly stays below; in the price's currency",
            minimum=0,
            maximum=1_000_000,
        ),
        webhook_url=WEBHOOK_URL | {"description": "report the run's end there, signed as fal does"},
        allow_unknown=ALLOW_UNKNOWN,
    ),
    "NewEstimate": request(
        "endpoint_id",
        endpoint_id=ENDPOINT_ID,
        arguments={"type": "object", "default": {}},
        allow_unknown=ALLOW_UNKNOWN,
    ),
    "Estimate": record(
        low=nullable(number("null where nothing is known")),
        high=nullable(
            number("as `max_cost` takes it; null where it may cost more, unknown how much")
        ),
        currency=text(),
        text=text("for people: `about $0.10`"),
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
        is_outdated=flag("saved under an older version of the model's schema"),
    ),
    "PresetPage": page("Preset"),
    "NewPreset": request(
        "endpoint_id",
        "name",
        "arguments",
        endpoint_id=ENDPOINT_ID,
        name=text(minLength=1, maxLength=80, pattern=r"\S"),
        arguments={"type": "object"},
        is_shared=flag("the team sees it", default=False),
    ),
    "CollectionCard": record(
        slug=text(),
        title=text(),
        description=text(),
        is_published=flag(),
        url=text(format="uri"),
    ),
    "CollectionPage": page("CollectionCard"),
    "Collection": record(
        slug=text(),
        title=text(),
        description=text(),
        is_published=flag(),
        url=text(format="uri"),
        models=several(record(model=ref("ModelCard"), note=text("the curator's"))),
    ),
    **BOARDS,
    "FlowCard": record(**_FLOW),
    "FlowPage": page("FlowCard"),
    "Flow": record(
        **_FLOW,
        inputs=several(ref("Input"), "what it asks for at each run"),
        values={"type": "object", "description": "their saved values, by name"},
        models=several(record(endpoint_id=text(), refusal=text("why it cannot be run now"))),
        estimate=ref("Estimate"),
    ),
    "NewFlowEstimate": request(
        inputs={"type": "object", "description": "by name; others have their saved values"},
        allow_unknown=ALLOW_UNKNOWN,
    ),
    "NewFlowRun": request(
        inputs={"type": "object", "description": "by name; others have their saved values"},
        max_cost=number("in USD; a flow that may cost more is not run", minimum=0),
        allow_unknown=ALLOW_UNKNOWN,
    ),
    "FlowRun": record(
        id=text(format="uuid"),
        flow_id=text(format="uuid"),
        state=text(enum=["running", "succeeded", "failed", "cancelled"]),
        is_final=flag(),
        created_at=moment(),
        ended_at=nullable(moment()),
        url=text("its page", format="uri"),
        steps=several(
            record(
                endpoint_id=text(),
                run_id=nullable(text(format="uuid")),
                state=nullable(text("of its run; null before it begins")),
                not_sent=text("why it has no run"),
            )
        ),
    ),
    "FavouritePage": page("ModelCard"),
    "Upload": record(
        id=text(format="uuid"),
        address=text("put it into a run's arguments in place of a file's address"),
        url=text("the file", format="uri"),
        file_name=text(),
        content_type=text(),
        size_bytes=integer(),
    ),
    "UploadPage": page("Upload"),
    "Webhook": record(
        id=text(format="uuid"),
        name=text(),
        webhook_url=text("without its secret part"),
        is_paused=flag(),
        created_at=moment(),
    ),
    "WebhookPage": page("Webhook"),
    "NewWebhook": request(
        "webhook_url", webhook_url=WEBHOOK_URL, name=text(maxLength=80, default="")
    ),
    "Delivery": record(
        id=text(format="uuid"),
        run_id=text(format="uuid"),
        webhook_id=nullable(text("null for the run's own webhook", format="uuid")),
        webhook_url=text("without its secret part"),
        state=text(enum=["waiting", "pending", "delivered", "failed"]),
        attempts=several(
            record(
                at=moment(),
                status=nullable(integer("what the receiver answered")),
                error=text("why it failed; empty if it did not, or is under way"),
            )
        ),
        next_attempt_at=nullable(moment()),
        created_at=moment(),
    ),
    "DeliveryPage": page("Delivery"),
    "NewUpload": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "contentMediaType": "application/octet-stream"},
            "kind": text("what the field takes", enum=["image", "video", "audio", "file"]),
        },
    },
}


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of a component."""
    resource = DRAFT202012.create_resource({"components": {"schemas": COMPONENTS}})
    registry: Registry[Any] = Registry().with_resource(ROOT, resource)
    return Draft202012Validator({"$ref": f"{ROOT}#/components/schemas/{name}"}, registry=registry)
