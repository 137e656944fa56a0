"""The words of the table of rights, and rows that occur often.

A row has one word for each of `ROLES`, for GET and for POST:

    login   the answer redirects to the login page, or is 401
    yes     an answer: a page, a redirect within Vitrine, or a message about the post
    no      403: the role may see the object, but not do this
    none    404: as if the object did not exist
    -       405: the route has no such method
"""

from typing import NamedTuple

ROLES = ("anonymous", "user", "owner", "staff", "permitted", "superuser")


class Row(NamedTuple):
    """Words for GET and POST by role; `needs` is the permission of the role "permitted"."""

    get: str
    post: str
    needs: str = ""


METHOD = "login - - - - -"  # a logged-in user finds no such method
ANYBODYS = "login yes yes yes yes yes"  # for every logged-in user
OWNERS = "login none yes none yes yes"  # for the owner, and for staff who may see everybody's
OWNERS_ALONE = "login none yes none none none"
SAYS_WHY = "login none yes none none none"  # staff with the permission must state a reason first
PERMITTED = "login none yes no yes yes"  # for the owner, and for staff with the permission
ON_A_RUN = "login none yes none yes yes"  # the same; here the permission includes seeing the run
HOUSE_RULES = "login no no no yes yes"
CURATORS = "login none none no yes yes"
CURATORS_METHOD = "login none none no - -"
ADMINS_METHOD = "login none none no - -"
OPEN = "yes yes yes yes yes yes"
CLOSED = "- - - - - -"
NOWHERE = "none none none none none none"  # open only once the settings name an issuer
FORBIDDEN = "no no no no no no"  # only the ticket in the address opens it, see tests/api
SAME_ORIGIN = "login no no no no no"  # only a login from a page of ours opens it, see tests/api
TOKEN = "login login login login login login"  # only a token opens it, see tests/api
