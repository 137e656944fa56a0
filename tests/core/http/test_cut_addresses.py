"""An address that was cut short leads to the page above it; what never existed is not found."""

import pytest

from tests.tables import each_row

pytestmark = pytest.mark.django_db


@each_row(
    ("path", "status", "above"),
    [
        ("/catalogue/", 302, "/"),
        ("/api/", 302, "/"),
        ("/notes/of/", 302, "/"),
        ("/compare/of/", 302, "/compare/"),
        ("/account/notifications/deliveries/", 302, "/account/notifications/"),
        ("/api/v1/", 404, None),
        ("/flow/", 404, None),
        ("/compare/nothing/", 404, None),
    ],
)
def test_a_cut_address_leads_to_the_page_above(member, path, status, above):
    answer = member.get(path)
    assert (answer.status_code, answer.headers.get("Location")) == (status, above)
    assert member.post(path).status_code == 404
