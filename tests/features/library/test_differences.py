"""The page of two runs: their differences, their results side by side, times and prices."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.models import Endpoint
from features.library.differences import ChangedField, changed_fields, choice_of
from runs.models import Run
from tests import charged
from tests.projects.people import logged_in, make_project
from tests.runs.results_to_use import document

pytestmark = pytest.mark.django_db

ADDRESS = "/runs/differences/"
Made = Callable[..., Run]


def read_page(client: Client, *runs: Run | str, status: int = 200) -> str:
    query = "&".join(f"run={run.pk if isinstance(run, Run) else run}" for run in runs)
    response = client.get(f"{ADDRESS}?{query}")
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def pair(result_of: Made, models: dict[str, Endpoint]) -> tuple[Run, Run]:
    """Two runs of different models with a picture each; the second was slower and cost more."""
    Endpoint.objects.update(unit_price_usd="0.01")
    began = timezone.now()
    first, second = (
        result_of(
            models[name],
            "image",
            arguments={"prompt": prompt},
            title=prompt,
            ended_at=began + timedelta(seconds=seconds),
            billable_units=units,
        )
        for name, prompt, seconds, units in [
            ("draw", "a red <b>cat</b>", 2, "1"),
            ("edit", "a blue <b>cat</b>", 5, "3"),
        ]
    )
    Run.objects.update(created_at=began)
    charged.settle([first, second])
    return first, second


def test_the_page_says_what_differs(member: Client, pair: tuple[Run, Run]) -> None:
    page = read_page(member, *pair)
    assert "a <del>red</del> &lt;b&gt;" in page
    assert "a <ins>blue</ins> &lt;b&gt;" in page
    assert "(+3.0 s)" in page
    assert "(+$0.02)" in page
    assert '<th scope="row">Model</th>' in page
    assert "style=" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_two_runs_are_needed(member: Client, make_run: Made, count: int) -> None:
    page = read_page(member, *[make_run() for _ in range(count)], status=422)
    assert page.count('name="run"') == 2
    assert ("Choose a second run." if count == 1 else "and 3 were chosen") in page


def test_what_is_no_run_is_said_beside_it(member: Client) -> None:
    page = read_page(member, "x", str(uuid.uuid4()), status=422)
    assert 'aria-describedby="run-error-1"' in page
    assert 'id="run-error-1">This is not a run.' in page
    assert 'id="run-error-2"' not in page


def test_the_selection_of_the_list_leads_to_the_page(member: Client, pair: tuple[Run, Run]) -> None:
    keys = [str(run.pk) for run in pair]
    response = member.post(ADDRESS, {"run": keys, "filters": "q=x"})
    assert response.headers["Location"] == f"{ADDRESS}?run={keys[0]}&run={keys[1]}"
    pieces = [f"{keys[0]}/0", f"{keys[0]}/1", f"{keys[1]}/0"]
    response = member.post(ADDRESS, {"artifact": pieces})
    assert response.headers["Location"] == f"{ADDRESS}?run={keys[0]}&run={keys[1]}"
    assert member.post(ADDRESS, {"filters": ""}, follow=True).status_code == 200
    page = member.get("/runs/").content.decode()
    verb = 'formaction="/runs/comparison/"'  # the button that opens this page for two runs
    assert verb in page
    assert verb not in member.get("/runs/?state=deleted").content.decode()
    response = member.post("/runs/comparison/", {"run": keys})
    assert response.headers["Location"] == f"{ADDRESS}?run={keys[0]}&run={keys[1]}"


def test_a_run_that_one_may_not_read_is_not_there(
    member: Client, pair: tuple[Run, Run], make_run: Made, stranger: User
) -> None:
    first, second = pair
    foreign = make_run(user=stranger)
    for one, other in ((first, foreign), (foreign, first)):
        read_page(member, one, other, status=404)
    read_page(member, first, str(uuid.uuid4()), status=404)
    Run.objects.filter(pk=second.pk).update(deleted_at=timezone.now())
    read_page(member, first, second, status=404)


def test_members_of_a_project_compare_each_others_runs(make_run: Made) -> None:
    project = make_project("Acme", viewer="viewer", author="maker")
    author = User.objects.get(username="author")
    runs = [make_run(user=author, project=project) for _ in range(2)]
    viewer = logged_in(User.objects.get(username="viewer"))
    assert "Both runs have the same input." in read_page(viewer, *runs)
    Run.objects.filter(pk=runs[0].pk).update(is_hidden=True)
    read_page(viewer, *runs, status=404)


def test_a_private_run_is_not_there_for_admins(make_run: Made, user: User) -> None:
    User.objects.create_superuser("boss")
    boss = logged_in(User.objects.get(username="boss"))
    read_page(boss, make_run(), make_run(), status=404)


def test_the_page_takes_few_queries(
    member: Client, pair: tuple[Run, Run], django_assert_max_num_queries: Any
) -> None:
    read_page(member, *pair)
    with django_assert_max_num_queries(7):
        read_page(member, *pair)


A, B, C = (str(uuid.UUID(int=number, version=4)) for number in (1, 2, 3))
NO_RUN = "This is not a run. Paste the address of a run's page."


def test_two_runs_are_given_by_id_or_by_address() -> None:
    keys = (uuid.UUID(A), uuid.UUID(B))
    assert choice_of([A, B]).keys == keys
    assert choice_of([f" https://vitrine.example/runs/{A}/?x=1 ", B.upper()]).keys == keys
    assert choice_of(["", f"/runs/{A}/", "", B]).keys == keys


@pytest.mark.parametrize(
    ("texts", "error", "errors"),
    [
        ([A], "", ["", "Choose a second run."]),
        (["x"], "", [NO_RUN, ""]),
        ([A, "x"], "", ["", NO_RUN]),
        ([f"{A}0", f"/models/{B}/"], "", [NO_RUN, NO_RUN]),
        ([A, A.upper()], "", ["", "This is the same run as the first. Choose another one."]),
        ([A, B, C], "Two runs can be compared, and 3 were chosen.", ["", ""]),
    ],
)
def test_mistakes_are_said(texts: list[str], error: str, errors: list[str]) -> None:
    choice = choice_of(texts)
    assert choice.keys is None
    assert choice.is_wrong
    assert (choice.error, [entry.error for entry in choice.entries]) == (error, errors)
    assert [entry.text for entry in choice.entries][: len(texts)] == texts[:2]


SIZES = {"type": "string", "enum": ["square_hd", "landscape_4_3"], "default": "square_hd"}
INPUTS: dict[str, Any] = {
    "prompt": {"type": "string"},
    "num_inference_steps": {"type": "integer", "default": 28},
    "image_size": SIZES,
    "image_url": {"type": "string", "ui": {"field": "image"}},
    "loras": {
        "type": "array",
        "items": {"type": "object", "properties": {"scale": {"type": "number"}}},
    },
}
Differ = Callable[[Any, Any], list[ChangedField]]


@pytest.fixture
def differ(make_endpoint: Any, make_run: Callable[..., Run]) -> Differ:
    """`differ(arguments, arguments)` → the changed fields of two runs of one model."""
    endpoint = make_endpoint("a/draw", document(INPUTS, "image"))

    def compare(before: Any, after: Any) -> list[ChangedField]:
        runs = [make_run(endpoint=endpoint, arguments=given) for given in (before, after)]
        return list(changed_fields(*runs))

    return compare


def describe_values(field: ChangedField) -> tuple[str, str]:
    """Return both values of a field in words, with the different words in brackets."""
    before, after = (
        "".join(p.text if p.kind == "same" else f"[{p.text}]" for p in value.parts)
        for value in (field.before, field.after)
    )
    return before, after


def test_only_fields_that_differ_are_named_by_their_labels(differ: Differ) -> None:
    (steps, size) = differ(
        {"prompt": "a cat", "num_inference_steps": 28, "image_size": "square_hd"},
        {"prompt": "a cat", "num_inference_steps": 40, "image_size": "landscape_4_3"},
    )
    assert (steps.label, *describe_values(steps)) == ("Number of inference steps", "28", "40")
    assert (size.label, *describe_values(size)) == ("Image size", "Square HD", "Landscape 4:3")


def test_changed_words_of_a_prompt_are_marked(differ: Differ) -> None:
    (prompt,) = differ({"prompt": "a red cat sat"}, {"prompt": "a blue cat sat"})
    assert describe_values(prompt) == ("a [red] cat sat", "a [blue] cat sat")


def test_a_default_that_was_not_given_counts(differ: Differ) -> None:
    assert not differ({"prompt": "x"}, {"prompt": "x", "num_inference_steps": 28})
    (steps,) = differ({}, {"num_inference_steps": 4})
    assert describe_values(steps) == ("28", "4")
    assert (steps.before.is_default, steps.after.is_default) == (True, False)


def test_what_no_schema_knows_goes_by_its_name(differ: Differ) -> None:
    (extra,) = differ({"extra_key": {"deep": [1]}}, {"extra_key": {"deep": [2]}})
    assert (extra.label, extra.is_known) == ("extra_key.deep[0]", False)


def test_an_entry_of_a_list_that_only_one_has(differ: Differ) -> None:
    (entry,) = differ({"loras": []}, {"loras": [{"scale": 0.5}]})
    assert entry.label == "LoRAs: Item 1"
    assert not entry.before.is_given
    assert describe_values(entry)[1] == '{"scale": 0.5}'


def test_our_pictures_are_shown_as_such(differ: Differ) -> None:
    address = f"/runs/{uuid.uuid4()}/artifacts/0/"
    (picture,) = differ({"image_url": "https://example.org/a.png"}, {"image_url": address})
    assert picture.after.is_picture
    assert picture.after.address == address
    assert not picture.before.address


def test_runs_of_different_models_are_compared_by_names(
    make_endpoint: Any, make_run: Callable[..., Run], django_assert_max_num_queries: Any
) -> None:
    other = {"prompt": {"type": "string"}, "guidance": {"type": "number", "default": 3.5}}
    first = make_run(endpoint=make_endpoint("a/draw", document(INPUTS, "image")))
    second = make_run(endpoint=make_endpoint("a/paint", document(other, "image")))
    Run.objects.filter(pk=first.pk).update(arguments={"prompt": "x", "num_inference_steps": 9})
    Run.objects.filter(pk=second.pk).update(arguments={"prompt": "x", "guidance": 2.0})
    runs = [Run.objects.with_endpoint().get(pk=run.pk) for run in (first, second)]
    with django_assert_max_num_queries(4):
        fields = list(changed_fields(*runs))
    assert [(field.label, *describe_values(field)) for field in fields] == [
        ("Number of inference steps", "9", ""),
        ("Guidance", "", "2"),
    ]
    assert not fields[0].after.is_given


def test_a_seed_of_the_input_is_said_once(member: Client, make_run: Made) -> None:
    runs = [
        make_run(arguments={"seed": seed}, output={"seed": seed}, state="succeeded")
        for seed in (1, 2)
    ]
    assert "Seed that was used" not in read_page(member, *runs)
    Run.objects.filter(pk=runs[0].pk).update(output={"seed": 3})
    assert "Seed that was used" in read_page(member, *runs)


def test_equal_numbers_of_two_types_do_not_differ(differ: Differ) -> None:
    assert not differ({"num_inference_steps": 4}, {"num_inference_steps": 4.0})
    assert differ({"extra": 1}, {"extra": True})


def test_nothing_is_marked_in_a_prompt_that_was_written_anew(differ: Differ) -> None:
    (prompt,) = differ({"prompt": "a red cat, asleep"}, {"prompt": "old harbour, fog"})
    assert describe_values(prompt) == ("a red cat, asleep", "old harbour, fog")
