"""Every sync keeps a model's mark by curators, even if the model is removed and returns."""

import pytest
from django.contrib.auth.models import User

from catalog.curation import marks
from catalog.models import Endpoint, Mark
from tests.catalog.upstream import item


def test_a_sync_does_not_change_marks(upstream, run_sync):
    eva = User.objects.create_user("eva")
    upstream.add("a/one", "a/two")
    run_sync()
    rows = Endpoint.objects.filter(endpoint_id="a/one")
    marks.set_mark(rows, Mark.BLOCKED, "Too dear", eva)
    mark_before = rows.values("mark", "mark_reason", "marked_by", "marked_at").get()
    listed = upstream.items.pop("a/one")
    run_sync()
    assert rows.get().gone_at
    for metadata in ({}, {"display_name": "Another", "updated_at": "2026-09-01T00:00:00.000Z"}):
        upstream.items["a/one"] = item("a/one", **metadata) if metadata else listed
        run_sync(full=True)
        assert rows.values(*mark_before).get() == mark_before
    assert rows.get().display_name == "Another"
    assert not rows.get().is_runnable


@pytest.mark.parametrize("reason", ["  ", "\x00", "\n\t"])
def test_a_model_cannot_be_blocked_without_a_reason(db, reason):
    with pytest.raises(ValueError, match="Say why"):
        marks.set_mark(Endpoint.objects.all(), Mark.BLOCKED, reason, User(username="eva"))


def test_a_reason_is_one_clean_line(make_endpoint):
    endpoint = make_endpoint()
    eva = User.objects.create_user("eva")
    reason = "  It\x00 costs\n\ud800 too 👨‍👩‍👧 much "
    assert marks.set_mark(Endpoint.objects.all(), Mark.BLOCKED, reason, eva) == 1
    endpoint.refresh_from_db()
    assert endpoint.mark_reason == "It costs too 👨‍👩‍👧 much"
    assert endpoint.refusal.endswith("run: It costs too 👨‍👩‍👧 much.")
