"""`vitrine search`, `vitrine show` and `vitrine price`."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from api.cli.client import Client
from api.cli.errors import Exit
from api.cli.output import print_json, print_line, print_table, print_to_stderr


def search(client: Client, options: Namespace) -> Exit:
    """List the models that best match a search."""
    question = " ".join(options.question)
    page = client.get("/models", q=question or None, limit=options.limit, sort=options.sort)
    if options.json:
        print_json(page["items"])
        return Exit.OK
    rows = [
        (model["endpoint_id"], model["category"], model["price"]["text"], model["description"])
        for model in page["items"]
    ]
    if rows:
        print_table(["model", "category", "price", "description"], rows)
    remaining_count = page["total"] - len(rows)
    print_to_stderr(
        f"{remaining_count:,} more"
        if remaining_count > 0
        else f"{len(rows)} found"
        if rows
        else "Nothing found."
    )
    return Exit.OK


def show(client: Client, options: Namespace) -> Exit:
    """Show a model: price, inputs, example."""
    model = client.get(f"/models/{options.endpoint_id}")
    if options.json:
        print_json(model)
        return Exit.OK
    print_line(f"{model['name']} · {model['endpoint_id']}")
    for line in (model["refusal"], model["description"], model["price_in_words"]):
        if line:
            print_line(line)
    print_line()
    print_table(["input", "type", "default", "description"], map(_row, model["inputs"]))
    if model["example"]:
        print_line("\nExample:")
        print_json(model["example"])
    return Exit.OK


def _row(field: dict[str, Any]) -> tuple[str, str, str, str]:
    name = f"{field['name']}{' *' if field['is_required'] else ''}"
    values = ", ".join(field["choices"]) if field["choices"] else field["limits"]
    description = " ".join(field["description"].split())
    return (
        name,
        field["type"],
        field["default"],
        "; ".join(part for part in (values, description) if part),
    )


def price(client: Client, options: Namespace) -> Exit:
    """Estimate what a run will cost."""
    from api.cli.commands.runs import read_arguments

    body = {"endpoint_id": options.endpoint_id, "arguments": read_arguments(client, options)}
    body |= {"allow_unknown": True} if options.allow_unknown else {}
    estimate = client.post("/estimates", body)
    if options.json:
        print_json(estimate)
    else:
        print_line("\n".join([estimate["text"], *estimate["basis"]]))
    return Exit.OK
