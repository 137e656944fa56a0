"""A search of the history finds text by an index, in any case and script."""

import pytest
from django.db import connection

from runs.models import Run
from tests.runs.looks import let_look

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.mark.parametrize("text", ["letterPRESS", "füchse", "100%", "a_b", 'say "hi"', "狐", "\\"])
def test_text_is_found_in_title_and_arguments(make_run, text):
    by_title = make_run(title=f"before {text} after")
    by_input = make_run(arguments={"images": [{"caption": f"before {text} after"}]})
    make_run(title="ab", arguments={"prompt": "100"})
    matches = {*Run.objects.containing(text.lower()).values_list("pk", flat=True)}
    assert matches == {by_title.pk, by_input.pk}


def test_postgresql_searches_by_the_index_of_the_text(make_run):
    make_run(title="letterpress")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = off")
        assert "run_text" in Run.objects.containing("letterpress").explain()
        assert "run_text" in Run.objects.containing("füchse").explain()
    assert Run.objects.containing("letterpress").count() == 1


def test_repeated_searches_keep_their_own_query_plan(member, make_run):
    """After five executions, PostgreSQL would use one plan for all words. SQLite would not."""
    make_run(title="letterpress")
    for _ in range(9):
        assert "letterpress" in member.get("/runs/?q=letterpress").content.decode()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT generic_plans, custom_plans FROM pg_prepared_statements "
                "WHERE statement LIKE '%searchentry%LIMIT%'"
            )
            plans = cursor.fetchall()
        assert plans
        assert not [generic for generic, _ in plans if generic]


def test_data_uris_in_arguments_are_searched_only_at_their_start(make_run):
    make_run(title="t", arguments={"image_url": "data:;base64," + "A" * 5000 + "letterpress"})
    assert not Run.objects.containing("letterpress").exists()


@pytest.mark.parametrize("query", ["ana", "fal-ai/flux/dev", "request-7", "A red fox"])
def test_the_admin_finds_runs_by_user_model_request_and_text(
    client, make_run, make_endpoint, django_user_model, query
):
    eva = django_user_model.objects.create_superuser("eva")
    client.force_login(eva)
    fox = make_run(title="a red fox", request_id="request-7")
    other = make_run(
        title="something else",
        user=django_user_model.objects.create_user("zoe"),
        endpoint=make_endpoint("other/model"),
    )
    let_look(eva, fox, other)
    html = client.get("/admin/playground/run/", {"q": query}).content.decode()
    assert fox.get_absolute_url() in html
    assert other.get_absolute_url() not in html
