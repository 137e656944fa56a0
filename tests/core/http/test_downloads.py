"""Downloads have the content type and the name that browsers save them by."""

import pytest
from django.http import StreamingHttpResponse

from core.http.downloads import download
from core.http.streaming import OffThreadStream


@pytest.mark.parametrize(
    ("content", "name", "content_type", "body"),
    [
        ("a,b\r\n", "sums.csv", "text/csv; charset=utf-8", b"a,b\r\n"),
        ('{"a": 1}', "a.run.json", "application/json", b'{"a": 1}'),
        ({"a": 1}, "a.json", "application/json", b'{"a": 1}'),
        (iter([b"{}\n", b"{}\n"]), "audit.jsonl", "application/x-ndjson", b"{}\n{}\n"),
        (iter([b"PK"]), "all.zip", "application/zip", b"PK"),
    ],
)
def test_content_type_follows_the_name(content, name, content_type, body):
    response = download(content, name)
    assert response.headers["Content-Type"] == content_type
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert b"".join(response) == body


def test_only_zips_are_made_outside_the_page_thread_pool():
    assert isinstance(download(iter([b""]), "all.zip"), OffThreadStream)
    table = download(iter([b""]), "sums.csv")
    assert isinstance(table, StreamingHttpResponse)
    assert not isinstance(table, OffThreadStream)


def test_name_in_other_letters_or_with_quotes_stays_one_name():
    header = download("", 'für "uns".csv').headers["Content-Disposition"]
    assert header == "attachment; filename*=utf-8''f%C3%BCr%20%22uns%22.csv"
