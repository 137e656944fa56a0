"""What a tool's page in the conversation shows (MCP Apps, 2026-01-26), and that page.

A host that knows such pages fetches `view.html` once and gives it the metadata of each answer;
assistants never read these. Others show the answer's text, as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcp.server.apps import Apps, ResourceCsp

from api.assistants.answers import cut

ADDRESS = "ui://vitrine/result"
META = {"ui": {"resourceUri": ADDRESS}}  # of a tool that shows results
KEY = "vitrine"  # of the data in an answer's metadata
MOST_FILES = 8
_PAGE = Path(__file__).with_name("view.html")


def extension(origin: str) -> Apps:
    """Return the server's extension; the page loads files from our `origin` alone."""
    apps = Apps()
    apps.add_html_resource(
        ADDRESS,
        _PAGE.read_text(encoding="utf-8"),
        name="result",
        title="A result in Vitrine",
        csp=ResourceCsp(resource_domains=[origin]),
        prefers_border=True,
    )
    return apps


def of_run(run: Mapping[str, Any], addresses: Mapping[int, str]) -> dict[str, Any]:
    """Return what the page shows of the API's run; `addresses` open its files, by position."""
    cost = run["cost"]
    return {
        "title": cut(run["title"] or run["endpoint_id"]),
        "model": run["endpoint_id"],
        "state": run["state"],
        "reason": cut(run["reason"] or "", 300),
        "price": f"${cost['amount']}" if cost else "",
        "page": run["url"],
        "files": [
            {
                "kind": artifact["kind"],
                "address": addresses[artifact["position"]],
                "width": artifact["width"],
                "height": artifact["height"],
            }
            for artifact in run["artifacts"]
            if artifact["position"] in addresses
        ][:MOST_FILES],
    }


def of_question(consent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows while the person has not said yes to a price."""
    return {
        "title": consent["subject"],
        "price": consent["price"],
        "page": consent["url"],
        "is_question": True,
        "files": [],
    }
