"""Lists load runs without their heavy columns."""

import pytest

from features.boards.models import Cell
from runs.models import Run
from runs.models.querysets import HEAVY, LIVE, heavy_columns

COLUMNS = {"pk", *(name for field in Run._meta.fields for name in (field.name, field.attname))}


def test_a_new_column_is_light_and_each_heavy_one_exists():
    light = Run.objects.light().query.deferred_loading
    assert light == (set(HEAVY), True)  # all other columns are loaded
    assert set(HEAVY) <= COLUMNS
    assert len(set(HEAVY)) == len(HEAVY)


@pytest.mark.django_db
def test_a_list_loads_no_heavy_column(make_run):
    make_run()
    assert Run.objects.recent()[0].get_deferred_fields() == set(HEAVY)
    assert Run.objects.light(*LIVE)[0].get_deferred_fields() == set(HEAVY) - set(LIVE)


def test_a_query_that_joins_runs_leaves_out_the_same_columns():
    names, is_defer = Cell.objects.defer(*heavy_columns("run__")).query.deferred_loading
    assert is_defer
    assert names == {f"run__{name}" for name in HEAVY}
    assert "run__output" not in heavy_columns("run__", but=("output",))
