"""Each area links to its rooms, and only to rooms that the user may enter."""

import re

import pytest
from django.test import Client

from playground.display.navigation import corridor
from tests.conftest import grant

pytestmark = pytest.mark.django_db
ROOMS = [(area, room) for area in (*corridor.HEADER, *corridor.MENU) for room in area.rooms]
TABS = re.compile(r'<nav class="rooms".*?</nav>', re.DOTALL)
HERE = re.compile(r'aria-current="(?:page|true)"\s*>([^<]*)</a')


def html(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return str(response.content.decode())


def of_header(page: str) -> str:
    return page[page.index('aria-label="Main"') : page.index("</header>")]


@pytest.mark.parametrize(
    ("area", "room"), ROOMS, ids=[f"{area.label}-{room.label}" for area, room in ROOMS]
)
def test_a_room_says_where_one_is(area, room, admin_client):
    page = html(admin_client, room.address)
    if room.route.startswith("admin:"):
        return  # this page has the frame of Django's admin
    (tabs,) = TABS.findall(page)
    assert HERE.findall(tabs) == [room.label]
    assert HERE.findall(of_header(page)) == ([area.label] if area in corridor.HEADER else [])


def test_the_header_and_the_menu_are_short(admin_client, member):
    page = of_header(html(admin_client, "/models/"))
    menu = page[page.rindex("<summary") :]
    assert len(re.findall("<(?:a|button)[ >]", menu)) <= 8
    assert menu.count("People") == 1
    of_member = of_header(html(member, "/models/"))
    assert "People" not in of_member
    assert "Administration" not in of_member


def test_an_area_leads_to_the_first_room_that_one_may_enter(client, stranger):
    grant(stranger, "auth.add_user")
    client.force_login(stranger)
    assert 'href="/people/invitations/"' in of_header(html(client, "/models/"))
    (tabs,) = TABS.findall(html(client, "/people/invitations/"))
    assert re.findall(r">([^<]+)</a", tabs) == ["Invitations"]
