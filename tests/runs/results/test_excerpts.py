"""A result's excerpt is the same from its output, at the end, and from the stored beginning."""

import json
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from fal import Result
from runs.models import ResultExcerpt, Run
from runs.results import excerpts, outcomes
from runs.results.outputs import artifacts_in
from runs.state import state_machine
from tests.tables import each_row

pytestmark = pytest.mark.both_databases

LONG = "A mill at dusk. " * 5000
WORDS = [{"timestamp": [n, n + 1], "text": f" word{n}"} for n in range(3000)]
TEXTS = [  # an output, its first text, the beginning of its JSON
    ({"text": " A mill.", "chunks": []}, " A mill.", ""),
    ({"text": LONG, "chunks": WORDS}, LONG[:400], ""),
    ({"chunks": WORDS}, " word0", ""),
    ({"prompt": "a fox", "seed": 1, "output": LONG}, LONG[:400], ""),
    ({"text": 'Say "\\n" — ü😀\n' + LONG}, ('Say "\\n" — ü😀\n' + LONG)[:400], ""),
    ({"text": "a\x00b\ud800" + LONG}, ("ab?" + LONG)[:400], ""),
    ({"text": "", "score": 0.5}, "", '{\n  "text": "",\n  "score": 0.5\n}'),
    ({"images": [{"url": "https://example.com/a.png"}]}, "", ""),
    (None, "", ""),
]


@each_row("output, text, json_excerpt", TEXTS)
def test_the_excerpt_of_an_output(output, text, json_excerpt):
    stored = excerpts.excerpt_of_text(json.dumps(output)[: excerpts.READ_CHARS + 1])
    assert stored == (text, json_excerpt)
    at_end = excerpts.excerpt_of(output, artifacts_in(output))
    if (
        "chunks" not in (output or {}) or "text" in output
    ):  # a text further down is not the result's
        assert at_end == stored


@pytest.mark.django_db
def test_the_end_of_a_run_stores_its_excerpt(make_run):
    run, pictured = make_run(state="running"), make_run(state="running")
    result = Result({"text": "A mill."}, "r1")
    assert state_machine.record(run.pk, outcomes.from_result(result, by="result"))
    picture = {"images": [{"url": "https://example.com/a.png"}]}
    assert state_machine.record(pictured.pk, outcomes.from_output(picture, by="result"))
    assert [*ResultExcerpt.objects.values_list("run", "first_text")] == [(run.pk, "A mill.")]
    with CaptureQueriesContext(connection) as captured:
        assert excerpts.texts_of(Run.objects.recent()) == {run.pk: "A mill."}
    assert not any('"output"' in query["sql"] for query in captured)


@pytest.mark.django_db(transaction=True)
def test_a_list_is_shown_if_excerpts_cannot_be_stored(make_run, caplog):
    run = make_run(state="succeeded", output={"text": "A mill."})

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT"):
            raise DatabaseError("the disk is full")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        assert excerpts.texts_of([run]) == {run.pk: "A mill."}
    assert "the disk is full" in caplog.text
    assert excerpts.texts_of([run]) == {run.pk: "A mill."}
    assert ResultExcerpt.objects.get().run_id == run.pk
