"""Posts a run as a form without JavaScript does."""

import html
import json
import re
from urllib.parse import quote

import httpx

HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|~token)"[^>]* value="([^"]+)"')


def post_run(client: httpx.Client, model: str, values: dict[str, object]) -> str:
    """Return the page of the response; `client` is logged in and follows redirects."""
    path = f"/models/{model}/"
    page = client.get(f"{path}?input={quote(json.dumps(values))}").text
    hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(page)}
    answer = client.post(path, data=hidden | {name: str(value) for name, value in values.items()})
    return answer.raise_for_status().text
