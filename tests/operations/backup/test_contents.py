"""Every table has a line that says whether backups have it, and what is left out leaves no gap."""

from __future__ import annotations

from collections import Counter

from django.apps import apps

from operations.backup import contents


def test_each_model_has_one_line() -> None:
    lines = Counter([*contents.labels(contents.IN), *contents.labels(contents.OUT)])
    models = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert set(lines) == models, "a model needs a line in operations/backup/contents.py"
    assert max(lines.values()) == 1


def test_nothing_that_is_in_refers_to_what_is_left_out() -> None:
    out = set(contents.left_out())
    for model in contents.included():
        for field in model._meta.concrete_fields:
            assert field.related_model not in out, f"{model._meta.label}.{field.name}"
