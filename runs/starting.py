"""What every run that begins is given: its title and its idempotency token."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fal.db_safe import db_safe_text

TITLE_LENGTH = 200
TITLE_KEYS = ("prompt", "text", "input", "gen_text", "lyrics", "query", "caption")


def title(arguments: dict[str, Any]) -> str:
    """Return a run's title: the first line of its prompt, other text or last message."""
    texts = [arguments.get(key) for key in TITLE_KEYS]
    messages = arguments.get("messages")
    if isinstance(messages, list) and messages and isinstance(messages[-1], dict):
        texts.append(messages[-1].get("content"))
    for text in texts:
        if isinstance(text, str) and text.strip():
            return db_safe_text(text.strip().splitlines()[0])[:TITLE_LENGTH]
    return ""


def form_token(token: str, arguments: dict[str, Any]) -> str:
    """Return an idempotency token: equal for two presses of Run with equal page and arguments."""
    text = f"{token}\n{json.dumps(arguments, sort_keys=True)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
