"""Every model has a line that says whether its rows belong to a person; no secret leaves."""

import re
from collections import Counter

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from house.operations.backup.contents import labels
from house.operations.person_data import contents

SOUNDS_SECRET = re.compile(r"secret|token|password|digest|hash|session_key|sealed|private_key|auth")
NO_SECRETS = {
    "playground.Charge.token_id": "a number",
    "playground.DailySum.token_id": "a number",
    "flows.FlowRun.token_id": "a number",
    "playground.Draft.schema_digest": "of a model's schema",
    "playground.Preset.schema_digest": "of a model's schema",
    "playground.Run.schema_id": "of a model's schema",
    "mfa.Authenticator.id": "a number",
    "spending.Budget.token_id": "a number",
}


def test_each_model_has_one_line() -> None:
    lines = Counter([*labels(contents.PERSONAL), *labels(contents.NOT_PERSONAL)])
    models = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert set(lines) == models, "a model needs a line in house/operations/person_data/contents.py"
    assert max(lines.values()) == 1


@pytest.mark.django_db
def test_each_way_leads_to_a_person(user: User) -> None:
    of_person = {label: rows.count() for label, rows in contents.rows_of(user)}
    assert of_person.pop("auth.User") == 1
    assert of_person.pop("projects.Project") == 1  # the private project


def test_no_column_of_an_archive_is_a_secret() -> None:
    secret = {
        f"{label}.{column}"
        for label in labels(contents.PERSONAL)
        for column in contents.columns(apps.get_model(label))
        if SOUNDS_SECRET.search(column)
    }
    assert secret - set(NO_SECRETS) == set()
