"""A page or an operation of the API that left answers 410, and says what people have instead."""

import pytest

from api.contract import gone as operations
from api.contract.operation import PROBLEM
from config import gone as pages

pytestmark = pytest.mark.django_db


def test_a_page_that_left_leads_to_what_is_kept(member, monkeypatch):
    page = pages.Page(r"gramophones/(\d+/)?", "Records became series.", "/series/", "All series")
    monkeypatch.setattr(pages, "PAGES", (page,))
    for method in (member.get, member.post):
        answer = method("/gramophones/7/")
        assert answer.status_code == 410
        assert "Records became series." in answer.text
        assert '<a href="/series/">All series</a>' in answer.text
    assert member.get("/gramophones/x/").status_code == 404


def test_each_page_leads_to_one_that_is_there(member):
    for page in pages.PAGES:
        assert member.get(page.link).status_code == 200, page.link


def test_an_operation_that_left_is_a_problem(client, monkeypatch):
    left = operations.Operation("POST DELETE", r"records(/\d+)?", "Use series.")
    monkeypatch.setattr(operations, "OPERATIONS", (left,))
    answer = client.delete("/api/v1/records/7")
    assert (answer.status_code, answer.headers["Content-Type"]) == (410, PROBLEM)
    assert answer.json()["detail"] == "Use series."
    assert client.get("/api/v1/records/7").status_code == 404
