"""The client's address behind a proxy, in each notation that proxies use."""

from django.test import RequestFactory

from core.http.client_addresses import client_address
from tests.tables import each_row


@each_row(
    "forwarded, address",
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7:51234", "203.0.113.7"),
        ("203.0.113.7:51234, nonsense", "127.0.0.1"),
        ("[203.0.113.7:80", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_the_proxys_entry_is_the_client(settings, forwarded, address):
    settings.PUBLIC_URL = "https://vitrine.example"
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address
    settings.PUBLIC_URL = ""
    assert client_address(request) == "127.0.0.1"
