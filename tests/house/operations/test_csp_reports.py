"""Browsers' reports are counted by kind, without secret addresses, and shown to operators."""

import json

import pytest
from django.test import Client

from house.operations import csp_reports
from house.operations.models import CspReport

pytestmark = pytest.mark.django_db


def report(client: Client, **more: str) -> int:
    body = {
        "document-uri": "http://testserver/models/?q=private",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example.com/steal.js?who=ana",
        **more,
    }
    answer = client.post(
        "/csp-reports/", json.dumps({"csp-report": body}), content_type="application/csp-report"
    )
    return answer.status_code


def stored_reports() -> list[tuple[str, str, str, int]]:
    return list(CspReport.objects.values_list("directive", "blocked", "page", "times"))


def test_pages_name_the_address(client):
    policy = client.get("/login/").headers["Content-Security-Policy"]
    assert "report-uri /csp-reports/" in policy


def test_the_same_report_is_counted(client):
    assert report(client) == report(client) == 204
    assert stored_reports() == [("script-src-elem", "https://evil.example.com", "/models/", 2)]


@pytest.mark.parametrize(
    ("more", "row"),
    [
        (
            {"effective-directive": "a\ud800\x00", "blocked-uri": "\ud83d\x00"},
            ("a?", "?", "/models/", 1),
        ),
        (
            {"blocked-uri": "data:text/plain,secret"},
            ("script-src-elem", "data:", "/models/", 1),
        ),
        (
            {"document-uri": "http://testserver/s/a-secret-token/"},
            ("script-src-elem", "https://evil.example.com", "/s/<str:token>/", 1),
        ),
    ],
)
def test_nothing_private_is_kept(client, more, row):
    report(client, **more)
    assert stored_reports() == [row]


@pytest.mark.parametrize("page", ["https://elsewhere.example/models/", "http://testserver/no/page"])
def test_what_is_not_of_our_pages_is_dropped(client, page):
    assert report(client, **{"document-uri": page}) == 204
    assert stored_reports() == []


@pytest.mark.parametrize("body", ["", '{"csp-report": 3}', "[" * 20_000])
def test_what_is_no_report_is_refused(client, body):
    answer = client.post("/csp-reports/", body, content_type="application/csp-report")
    assert answer.status_code == 400


def test_only_the_newest_kinds_stay(client, monkeypatch):
    monkeypatch.setattr(csp_reports, "KEPT", 2)
    for name in "abc":
        report(client, **{"blocked-uri": f"https://{name}.example"})
    assert [row[1] for row in stored_reports()] == ["https://c.example", "https://b.example"]
