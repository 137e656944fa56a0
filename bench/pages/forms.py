"""G7: from OpenAPI document to form, compared with a minimal Django template of the same fields.

Uses the real documents beside the checkout if available, else the sandbox's. "First" goes from a
document's text to the HTML with empty caches; "warm" from the tree of fields to the HTML, as for a
page.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.catalogue.upstream import items
from bench.figures import Goal, at_most, at_most_ratio, median, table
from bench.stage.children import ROOT
from bench.stage.stage import Stage

REAL = ROOT / ".." / "shared" / "data" / "openapi"
OF_SANDBOX = 8
MANY = 1200
UPLOADS = "/uploads/"
TURNS = ["first", "warm", "bare"]
HEAD = ["document", "fields", *(f"{turn} ms" for turn in TURNS), "KB"]
BARE = """{% for field in fields %}<div class="field"><label for="{{ field.id }}">
{{ field.label }}</label>
{% if field.choices %}<select id="{{ field.id }}" name="{{ field.name }}">
{% for key, word in field.choices %}
<option value="{{ key }}"{% if key == field.value %} selected{% endif %}>{{ word }}</option>
{% endfor %}</select>
{% elif field.kind == "boolean" %}<input type="checkbox" id="{{ field.id }}"
name="{{ field.name }}"{% if field.value == "true" %} checked{% endif %}>
{% elif field.kind == "integer" or field.kind == "number" %}<input type="number"
id="{{ field.id }}" name="{{ field.name }}" value="{{ field.value }}">
{% else %}<textarea id="{{ field.id }}" name="{{ field.name }}">{{ field.value }}</textarea>
{% endif %}
{% if field.help %}<p class="help">{{ field.help }}</p>{% endif %}</div>{% endfor %}"""


def measure_goals(stage: Stage, rounds: int, is_full: bool, many: int = MANY) -> list[Goal]:
    """Measure G7 in this process: the checkout's code with separate settings."""
    set_up(stage.scratch)
    documents, source = found()
    rows: list[list[str]] = []
    samples: dict[str, list[float]] = {turn: [] for turn in TURNS}
    for name, text in documents.items():
        figures, fields, size = one(text, name, rounds)
        for turn, ms in zip(TURNS, figures, strict=True):
            samples[turn].append(ms)
        cells = [f"{ms:.2f}" for ms in figures]
        rows.append([name, str(fields), *cells, f"{size / 1000:.1f}"])
    print(f"\nForms from {len(documents)} {source} documents, medians of {rounds}")
    print(table(HEAD, rows), flush=True)
    drawn_s = crowd(many)
    warm, bare = median(samples["warm"]), median(samples["bare"])
    return [
        at_most_ratio("G7", "form, warm, median", warm, bare, 2.7, "ms", "bare template"),
        at_most("G7", "form, warm, median", warm, 1, "ms"),
        at_most("G7", "form, warm, slowest document", max(samples["warm"]), 3, "ms"),
        at_most("G7", "form, the first time, slowest document", max(samples["first"]), 6, "ms"),
        at_most("G7", f"{many:,} forms from their trees", drawn_s, 2, "s"),
    ]


def set_up(scratch: Path) -> None:
    """Set up Django in this process, without using the checkout's own database."""
    import django
    from django.apps import apps
    from django.conf import settings

    if apps.ready:
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["SECRET_KEY"] = "bench"
    os.environ["DATABASE_URL"] = f"sqlite:///{scratch / 'forms.sqlite3'}"
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}  # no manifest has been built
    django.setup()


def found() -> tuple[dict[str, str], str]:
    """Return documents by endpoint id, and whose they are."""
    real = {file.stem.replace("--", "/"): file.read_text() for file in sorted(REAL.glob("*.json"))}
    return (real, "real") if real else (of_sandbox(OF_SANDBOX), "sandbox's")


def of_sandbox(count: int) -> dict[str, str]:
    """Return so many different documents by endpoint id."""
    return {item["endpoint_id"]: json.dumps(item["openapi"]) for item in items(count)}


def one(text: str, name: str, rounds: int) -> tuple[list[float], int, int]:
    """Return the milliseconds of each of TURNS, the number of fields, and our form's bytes."""
    from django.template import Context, Template

    from playground.form.html import rendering
    from schemas import build, contract, draw

    root = build(contract(json.loads(text), name))
    template = Template(BARE)
    fields = flat(draw(root, post={}))

    def first() -> str:
        return rendering.render_form(
            draw(build(contract(json.loads(text), name)), post={}), UPLOADS
        )

    def warm() -> str:
        return rendering.render_form(draw(root, post={}), UPLOADS)

    def bare() -> str:
        return template.render(Context({"fields": fields}))

    turns = (first, warm, bare)
    for turn in turns:
        turn()
    samples = [[timed(turn) for turn in turns] for _ in range(rounds)]
    medians = [median(column) for column in zip(*samples, strict=True)]
    return medians, len(fields), len(warm().encode())


def flat(root: Any) -> list[dict[str, Any]]:
    """Return each field as the minimal template needs it: same labels, help, choices and values."""
    return [
        {
            "id": node.id,
            "name": node.name,
            "kind": node.field.kind,
            "label": node.field.label,
            "help": node.field.help,
            "value": node.text,
            "choices": [(option.key, option.label) for option in node.field.options],
        }
        for node in root.walk()
        if node is not root
    ]


def crowd(many: int) -> float:
    """Return the seconds to render so many different forms from their trees."""
    from playground.form.html import rendering
    from schemas import build, contract, draw

    roots = [build(contract(json.loads(text), name)) for name, text in of_sandbox(many).items()]
    began = time.perf_counter()
    for root in roots:
        rendering.render_form(draw(root, post={}), UPLOADS)
    return time.perf_counter() - began


def timed(turn: Callable[[], Any]) -> float:
    """Return the milliseconds of one call, excluding garbage collection."""
    gc.disable()
    start = time.perf_counter()
    turn()
    elapsed = time.perf_counter() - start
    gc.enable()
    return elapsed * 1000
