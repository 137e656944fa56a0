"""`vitrine search`, `vitrine show` and `vitrine price`."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from cli.client import Client
from cli.errors import Exit
from cli.output import print_json, print_line, print_table, print_to_stderr


def search(client: Client, options: Namespace) -> Exit:
    """List the models that best match a search."""
    question = " ".join(options.question)
    found = client.get("/models", q=question or None, limit=options.limit, sort=options.sort)
    if options.json:
        print_json(found["items"])
        return Exit.OK
    rows = [
        (one["endpoint_id"], one["category"], one["price"]["text"], one["description"])
        for one in found["items"]
    ]
    if rows:
        print_table(["model", "category", "price", "description"], rows)
    more = found["total"] - len(rows)
    print_to_stderr(
        f"{more:,} more" if more > 0 else f"{len(rows)} found" if rows else "Nothing found."
    )
    return Exit.OK


def show(client: Client, options: Namespace) -> Exit:
    """Show a model: price, inputs, example."""
    found = client.get(f"/models/{options.endpoint_id}")
    if options.json:
        print_json(found)
        return Exit.OK
    print_line(f"{found['name']} · {found['endpoint_id']}")
    for line in (found["refusal"], found["description"], found["price_in_words"]):
        if line:
            print_line(line)
    print_line()
    print_table(["input", "type", "default", "description"], map(_row, found["inputs"]))
    if found["example"]:
        print_line("\nExample:")
        print_json(found["example"])
    return Exit.OK


def _row(one: dict[str, Any]) -> tuple[str, str, str, str]:
    name = f"{one['name']}{' *' if one['is_required'] else ''}"
    words = ", ".join(one["choices"]) if one["choices"] else one["limits"]
    about = " ".join(one["description"].split())
    return name, one["type"], one["default"], "; ".join(part for part in (words, about) if part)


def price(client: Client, options: Namespace) -> Exit:
    """Estimate what a run will cost."""
    from cli.commands.runs import read_arguments

    body = {"endpoint_id": options.endpoint_id, "arguments": read_arguments(client, options)}
    body |= {"allow_unknown": True} if options.allow_unknown else {}
    found = client.post("/estimates", body)
    if options.json:
        print_json(found)
    else:
        print_line("\n".join([found["text"], *found["basis"]]))
    return Exit.OK
