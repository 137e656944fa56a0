"""The JSON Schemas of boards, by name."""

from __future__ import annotations

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

_BOARD = {
    "id": text(format="uuid"),
    "title": text(),
    "source": text("model whose inputs the rows set"),
    "created_at": moment(),
    "project": PROJECT,
    "url": text("its page", format="uri"),
}
_MORE_OF_BOARD = {
    "seeds": several(
        integer(minimum=0, maximum=2**63 - 1),
        "one run per cell and seed",
        maxItems=400,
        uniqueItems=True,
    ),
    "reuse": flag("reuse results that already exist instead of paying again", default=True),
    "partial": flag("send the rows that fit even if others do not", default=False),
    "max_cost": number(
        "send nothing if it may all cost more than this, in the price's currency",
        minimum=0,
        maximum=1_000_000,
    ),
    "allow_unknown_price": ALLOW_UNKNOWN_PRICE,
    "allow_unknown": ALLOW_UNKNOWN,
    "priority": text(
        "of its runs in fal's queue; by default low for more than ten cells",
        enum=["normal", "low"],
    ),
}

BOARDS: dict[str, Schema] = {
    "BoardCard": record(**_BOARD),
    "BoardPage": page_schema("BoardCard"),
    "Board": record(
        **_BOARD,
        is_final=flag("whether all its runs have ended"),
        columns=several(record(endpoint_id=text(), label=text(), settings={"type": "object"})),
        rows=several(record(label=text(), values={"type": "object"})),
        cells=several(
            record(
                row=integer("index, starting at 0"),
                column=integer("index, starting at 0"),
                seed=text(),
                run_id=nullable(text(format="uuid")),
                state=nullable(text()),
                not_sent=text("why it has no run"),
            )
        ),
    ),
    "NewBoard": request(
        "columns",
        "rows",
        columns=several(ref("NewColumn"), "models with their settings", minItems=1, maxItems=40),
        rows=several({"type": "object"}, "inputs of the first model", minItems=1, maxItems=400),
        **_MORE_OF_BOARD,
        title=text(maxLength=200),
        cap_usd=number(
            "runs that would exceed this total are not sent", minimum=0, maximum=100_000
        ),
    ),
    "NewColumn": request(
        "endpoint_id",
        endpoint_id=ENDPOINT_ID,
        settings={"type": "object", "description": "arguments that override those of the rows"},
    ),
    "MoreOfBoard": request(
        columns=several(ref("NewColumn"), maxItems=40),
        rows=several({"type": "object"}, "inputs of the board's source", maxItems=400),
        **_MORE_OF_BOARD,
    ),
    "AgainOfBoard": request("what", what=text(enum=["failed", "held"])),
    "BoardSent": record(message=text(), sent=integer(), board=ref("Board")),
    "BoardEstimate": record(
        runs=integer("number of runs that would be sent"),
        reused=integer("shown from earlier runs, at no cost"),
        held=integer("not sent because of the budget"),
        estimate={"anyOf": [ref("Estimate"), {"type": "null"}]},
    ),
}
