"""G7: from OpenAPI document to form, compared with a minimal Django template of the same fields.

Uses the real documents beside the checkout if available, else synthetic ones. "Tree" is document
text → contract → Field tree; "first" continues to the HTML with empty caches; "warm" is tree →
HTML, as for a page; "filled" is the same with every field filled in; "read" is form post →
arguments, validated by the schema. Other form builders are measured beside it if installed
(`bench/stage/peers`).
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.catalogue.upstream import document, endpoint_id
from bench.figures import Goal, at_most, at_most_ratio, median, show, table, without_goal
from bench.stage import peers
from bench.stage.children import ROOT
from bench.stage.stage import Stage

REAL = ROOT / ".." / "shared" / "data" / "openapi"
MADE_UP = 8
MANY = 1200
UPLOADS = "/uploads/"
TURNS = ["tree", "first", "warm", "filled", "read", "bare"]
HEAD = ["document", "fields", *(f"{turn} ms" for turn in TURNS), "KB", "bare KB"]
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
        figures, fields, size, bare_size = one(text, name, rounds)
        for turn, ms in zip(TURNS, figures, strict=True):
            samples[turn].append(ms)
        cells = [f"{ms:.2f}" for ms in figures]
        rows.append([name, str(fields), *cells, f"{size / 1000:.1f}", f"{bare_size / 1000:.1f}"])
    print(f"\nForms from {len(documents)} {source} documents, medians of {rounds}")
    print(table(HEAD, rows))
    built_s, drawn_s, bare_s = crowd(many)
    seconds = f"{built_s:.2f} s to build, {drawn_s:.2f} s to draw, {bare_s:.2f} s bare"
    print(f"{many:,} different forms, each once: {seconds}", flush=True)
    warm, bare = median(samples["warm"]), median(samples["bare"])
    return [
        at_most_ratio("G7", "form, warm, median", warm, bare, 2.7, "ms", "bare template"),
        at_most("G7", "form, warm, median", warm, 1, "ms"),
        at_most("G7", "form, warm, slowest document", max(samples["warm"]), 3, "ms"),
        at_most("G7", "form, the first time, slowest document", max(samples["first"]), 6, "ms"),
        at_most("G7", f"{many:,} forms from their trees", drawn_s, 2, "s", bare_s),
        without_goal("G7", "document to tree, median", show(median(samples["tree"]), "ms")),
        without_goal("G7", "form, every field filled in", show(median(samples["filled"]), "ms")),
        without_goal("G7", "post to arguments, median", show(median(samples["read"]), "ms")),
        without_goal("G7", f"{many:,} forms from their documents", show(built_s + drawn_s, "s")),
        *beside(documents, rounds, samples),
    ]


def beside(
    documents: dict[str, str], rounds: int, samples: dict[str, list[float]]
) -> Iterator[Goal]:
    """Compare ours with each installed form builder on the same documents."""
    is_any_installed = False
    for name, answer in peers.answers(job(documents, rounds)):
        is_any_installed = True
        for turn, theirs in (("first", "cold"), ("warm", "warm")):
            ours, other = median(samples[turn]), median(answer[theirs])
            what = f"form, {turn}, beside {name}"
            yield Goal("G7", what, "", show(ours, "ms"), show(other, "ms"), ours / other)
    if not is_any_installed:
        yield without_goal("G7", "beside react-jsonschema-form and Gradio", "not installed")


def job(documents: dict[str, str], rounds: int) -> dict[str, Any]:
    """Return the form builders' job: each input schema with its components and flat fields."""
    from schemas import build, contract, draw
    from schemas.document.openapi import resolve

    listed = []
    for name, text in documents.items():
        parsed = contract(json.loads(text), name)
        schema, _ = resolve(parsed.document, parsed.input)
        whole = schema | {"components": parsed.document.get("components", {})}
        fields = flat(draw(build(parsed), post={}))
        listed.append({"name": name, "schema": whole, "fields": fields})
    return {"rounds": rounds, "documents": listed}


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
    """Return documents by endpoint id, and what kind they are."""
    real = {file.stem.replace("--", "/"): file.read_text() for file in sorted(REAL.glob("*.json"))}
    if real:
        return real, "real"
    return {endpoint_id(n): json.dumps(document(n)) for n in range(MADE_UP)}, "made-up"


def one(text: str, name: str, rounds: int) -> tuple[list[float], int, int, int]:
    """Return the milliseconds of each of TURNS, the number of fields, and both sizes."""
    from django.template import Context, Template

    from playground.form.html import rendering
    from schemas import build, contract, decode_post, draw
    from schemas.fields.examples import example
    from schemas.form.encode import encode_arguments
    from schemas.validation import validate

    parsed = contract(json.loads(text), name)
    root = build(parsed)
    post = encode_arguments(root, example(root) | defaults(root))
    template = Template(BARE)
    fields = flat(draw(root, post={}))

    def tree() -> Any:
        return build(contract(json.loads(text), name))

    def first() -> str:
        return rendering.render_form(draw(tree(), post={}), UPLOADS)

    def warm() -> str:
        return rendering.render_form(draw(root, post={}), UPLOADS)

    def filled() -> str:
        return rendering.render_form(draw(root, post=post), UPLOADS)

    def read() -> Any:
        return validate(parsed, decode_post(root, post).arguments, root)

    def bare() -> str:
        return template.render(Context({"fields": fields}))

    turns = (tree, first, warm, filled, read, bare)
    for turn in turns:
        turn()
    samples = [[timed(turn) for turn in turns] for _ in range(rounds)]
    medians = [median(column) for column in zip(*samples, strict=True)]
    return medians, len(fields), len(warm().encode()), len(bare().encode())


def defaults(root: Any) -> dict[str, Any]:
    """Return arguments with every property at its default, which fill the whole form."""
    return {field.name: field.default for field in root.children if field.has_default}


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


def crowd(many: int) -> tuple[float, float, float]:
    """Return the seconds to build many trees, to render them, and to render them minimally."""
    from django.template import Context, Template

    from playground.form.html import rendering
    from schemas import build, contract, draw

    texts = [(endpoint_id(n), json.dumps(document(n))) for n in range(many)]
    marks = [time.perf_counter()]
    roots = [build(contract(json.loads(text), name)) for name, text in texts]
    marks.append(time.perf_counter())
    for root in roots:
        rendering.render_form(draw(root, post={}), UPLOADS)
    marks.append(time.perf_counter())
    template, flats = Template(BARE), [flat(draw(root, post={})) for root in roots]
    bare = time.perf_counter()
    for fields in flats:
        template.render(Context({"fields": fields}))
    return marks[1] - marks[0], marks[2] - marks[1], time.perf_counter() - bare


def timed(turn: Callable[[], Any]) -> float:
    """Return the milliseconds of one call, excluding garbage collection."""
    gc.disable()
    start = time.perf_counter()
    turn()
    elapsed = time.perf_counter() - start
    gc.enable()
    return elapsed * 1000
