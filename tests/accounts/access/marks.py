"""The words of the table, and usual rows of them.

A row has one word for each of `ROLES`, for GET and for POST:

    login   is sent to the login page, or told 401
    yes     gets an answer: a page, a redirect within Vitrine, or a word about what was posted
    no      403: may see it, may not do it
    none    404: as if it were not there
    -       405: there is no such method
"""

from __future__ import annotations

from typing import NamedTuple

ROLES = ("anonymous", "user", "owner", "staff", "permitted", "superuser")


class Row(NamedTuple):
    """Words for GET and POST by role; `needs` is what the permitted have, beside being staff."""

    get: str
    post: str
    needs: str = ""


METHOD = "login - - - - -"  # there is no such method, for who is logged in
ANYBODYS = "login yes yes yes yes yes"  # of whoever is logged in
OWNERS = "login none yes none yes yes"  # the owner's, and of staff who may see everybody's
OWNERS_ALONE = "login none yes none none none"
SAYS_WHY = "login none yes none none none"  # with the permission too, until a reason is given
PERMITTED = "login none yes no yes yes"  # the owner's, and of staff with the permission
ON_A_RUN = "login none yes none yes yes"  # likewise: the permission includes seeing the run
HOUSE_RULES = "login no no no yes yes"
CURATORS = "login none none no yes yes"
CURATORS_METHOD = "login none none no - -"
ADMINS_METHOD = "login none none no - -"
OPEN = "yes yes yes yes yes yes"
CLOSED = "- - - - - -"
NOWHERE = "none none none none none none"  # until the settings name an issuer; then it is open
FORBIDDEN = "no no no no no no"  # the ticket in the address opens it, see tests/api
SAME_ORIGIN = "login no no no no no"  # a login needs a page of ours, see tests/api
TOKEN = "login login login login login login"  # a token alone opens it, see tests/api
