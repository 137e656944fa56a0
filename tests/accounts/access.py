"""Who gets what at each route: the declared table, and `docs/ACCESS.md`, which is written from it.

    python -m tests.accounts.access      writes docs/ACCESS.md

A row has one word for each of `ROLES`, for GET and for POST:

    login   is sent to the login page, or told 401
    yes     gets an answer: a page, a redirect within Vitrine, or a word about what was posted
    no      403: may see it, may not do it
    none    404: as if it were not there
    -       405: there is no such method
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from accounts.permissions import (
    ADD_COLLECTION,
    CANCEL_RUN,
    CHANGE_COLLECTION,
    CHANGE_ENDPOINT,
    CHANGE_HOUSE_RULES,
    CHANGE_PRESET,
    CHANGE_RUN,
    DELETE_COLLECTION,
    DELETE_NOTE,
    DELETE_PRESET,
    DELETE_USER,
    PUBLISH_RUN,
    VIEW_COLLECTION,
    VIEW_RUN,
    VIEW_WORKER,
)
from tests.accounts.membership import membership_as_lines

ROLES = ("anonymous", "user", "owner", "staff", "permitted", "superuser")
FILE = Path(__file__).resolve().parents[2] / "docs" / "ACCESS.md"


class Row(NamedTuple):
    """Words for GET and POST by role; `needs` is what the permitted have, beside being staff."""

    get: str
    post: str
    needs: str = ""


METHOD = "login - - - - -"  # there is no such method, for who is logged in
ANYBODYS = "login yes yes yes yes yes"  # of whoever is logged in
OWNERS = "login none yes none yes yes"  # the owner's, and of staff who may see everybody's
OWNERS_ALONE = "login none yes none none none"
PERMITTED = "login none yes no yes yes"  # the owner's, and of staff with the permission
ON_A_RUN = "login none yes none yes yes"  # likewise: the permission includes seeing the run
HOUSE_RULES = "login no no no yes yes"
CURATORS = "login none none no yes yes"
CURATORS_METHOD = "login none none no - -"
OPEN = "yes yes yes yes yes yes"
CLOSED = "- - - - - -"
FORBIDDEN = "no no no no no no"  # the ticket in the address opens it, see tests/api
SAME_ORIGIN = "login no no no no no"  # a login needs a page of ours, see tests/api
TOKEN = "login login login login login login"  # a token alone opens it, see tests/api

ACCESS: dict[str, Row] = {
    "account": Row(ANYBODYS, METHOD),
    "account-email": Row(METHOD, ANYBODYS),
    "account-name": Row(METHOD, ANYBODYS),
    "account-password": Row(METHOD, ANYBODYS),
    "account-sessions-deletion": Row(METHOD, ANYBODYS),
    "account-sharing": Row(METHOD, ANYBODYS),
    "account-theme": Row(METHOD, ANYBODYS),
    "admin:index": Row("login login login yes yes yes", "login login login yes yes yes"),
    "admin:auth_user_removal": Row(
        "login login login no yes yes", "login login login no yes yes", DELETE_USER
    ),
    "admin:login": Row(OPEN, OPEN),
    "admin:status": Row("login login login no yes yes", "login login login - - -", VIEW_WORKER),
    "api:document": Row(OPEN, CLOSED),
    "api:fal-file": Row(OWNERS_ALONE, METHOD),
    "api:fal-proxy": Row(ANYBODYS, SAME_ORIGIN),
    "api:fal-queue": Row(METHOD, SAME_ORIGIN),
    "api:fal-run": Row(METHOD, SAME_ORIGIN),
    "api:fal-upload": Row(CLOSED, CLOSED),
    "api:fal-upload-part": Row(CLOSED, CLOSED),
    "api:fal-upload-complete": Row(CLOSED, FORBIDDEN),
    "api:openai-completion": Row(TOKEN, TOKEN),
    "api:openai-completions": Row(TOKEN, TOKEN),
    "api:openai-model": Row(TOKEN, TOKEN),
    "api:openai-models": Row(TOKEN, TOKEN),
    "api:token-recovery": Row(METHOD, OWNERS_ALONE),
    "api:token-revocation": Row(METHOD, OWNERS_ALONE),
    "api:tokens": Row(ANYBODYS, ANYBODYS),
    "api:v1-boards": Row(TOKEN, TOKEN),
    "api:v1-boards-cancellation": Row(CLOSED, TOKEN),
    "api:v1-boards-cells": Row(CLOSED, TOKEN),
    "api:v1-boards-estimates": Row(CLOSED, TOKEN),
    "api:v1-boards-one": Row(TOKEN, CLOSED),
    "api:v1-boards-runs": Row(CLOSED, TOKEN),
    "api:v1-changes": Row(TOKEN, CLOSED),
    "api:v1-collections": Row(TOKEN, CLOSED),
    "api:v1-collections-models-one": Row(CLOSED, CLOSED),
    "api:v1-collections-one": Row(TOKEN, CLOSED),
    "api:v1-estimates": Row(CLOSED, TOKEN),
    "api:v1-deliveries": Row(TOKEN, CLOSED),
    "api:v1-deliveries-repetition": Row(CLOSED, TOKEN),
    "api:v1-favourites": Row(TOKEN, CLOSED),
    "api:v1-favourites-one": Row(CLOSED, CLOSED),
    "api:v1-me": Row(TOKEN, CLOSED),
    "api:v1-models": Row(TOKEN, CLOSED),
    "api:v1-models-one": Row(TOKEN, CLOSED),
    "api:v1-flow-runs-cancellation": Row(CLOSED, TOKEN),
    "api:v1-flow-runs-one": Row(TOKEN, CLOSED),
    "api:v1-flows": Row(TOKEN, CLOSED),
    "api:v1-flows-one": Row(TOKEN, CLOSED),
    "api:v1-flows-estimates": Row(CLOSED, TOKEN),
    "api:v1-flows-runs": Row(CLOSED, TOKEN),
    "api:v1-presets": Row(TOKEN, TOKEN),
    "api:v1-presets-one": Row(TOKEN, CLOSED),
    "api:v1-projects": Row(TOKEN, CLOSED),
    "api:v1-runs": Row(TOKEN, TOKEN),
    "api:v1-runs-cancellation": Row(CLOSED, TOKEN),
    "api:v1-runs-one": Row(TOKEN, CLOSED),
    "api:v1-runs-artifacts-star": Row(CLOSED, CLOSED),
    "api:v1-runs-star": Row(CLOSED, CLOSED),
    "api:v1-schemas-one": Row(TOKEN, CLOSED),
    "api:v1-uploads": Row(TOKEN, TOKEN),
    "api:v1-uploads-one": Row(TOKEN, CLOSED),
    "api:v1-webhooks": Row(TOKEN, TOKEN),
    "api:v1-webhooks-one": Row(CLOSED, CLOSED),
    "boards:board": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-cancellation": Row(METHOD, OWNERS_ALONE),
    "boards:board-cap": Row(METHOD, OWNERS_ALONE),
    "boards:board-cell": Row(METHOD, OWNERS_ALONE),
    "boards:board-cell-mark": Row(OWNERS_ALONE, OWNERS_ALONE),
    "boards:board-column-house-default": Row(METHOD, "login none no none none none"),
    "boards:board-column-preset": Row(METHOD, OWNERS_ALONE),
    "boards:board-columns": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-continuation": Row(METHOD, OWNERS_ALONE),
    "boards:board-deletion": Row(METHOD, OWNERS_ALONE),
    "boards:board-document": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-heads": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-part": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-plan": Row(OWNERS_ALONE, OWNERS_ALONE),
    "boards:board-progress": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-repetition": Row(METHOD, OWNERS_ALONE),
    "boards:board-results": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-row-mark": Row(OWNERS_ALONE, OWNERS_ALONE),
    "boards:board-sheet": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-sheet-picture": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-table": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-title": Row(METHOD, OWNERS_ALONE),
    "boards:board-trial": Row(METHOD, OWNERS_ALONE),
    "boards:board-trials": Row(OWNERS_ALONE, OWNERS_ALONE),
    "boards:board-trials-pause": Row(METHOD, OWNERS_ALONE),
    "boards:board-viewer": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-votes": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-votes-recovery": Row(METHOD, OWNERS_ALONE),
    "boards:board-votes-reset": Row(METHOD, OWNERS_ALONE),
    "boards:board-voting": Row(METHOD, OWNERS_ALONE),
    "boards:board-voting-closure": Row(METHOD, OWNERS_ALONE),
    "boards:boards": Row(ANYBODYS, METHOD),
    "boards:import": Row(ANYBODYS, ANYBODYS),
    "boards:plan": Row(ANYBODYS, ANYBODYS),
    "boards:plan-of-form": Row(METHOD, ANYBODYS),
    "boards:recovery": Row(METHOD, ANYBODYS),
    "boards:vote": Row(OWNERS_ALONE, OWNERS_ALONE),
    "boards:vote-file": Row("login none none none none none", METHOD),
    "boards:vote-retraction": Row(METHOD, OWNERS_ALONE),
    "catalog:category": Row(ANYBODYS, METHOD),
    "catalog:changes": Row(ANYBODYS, METHOD),
    "catalog:changes-feed": Row(ANYBODYS, METHOD),
    "catalog:changes-feed-address": Row(METHOD, ANYBODYS),
    "catalog:changes-feed-of": Row(OPEN, CLOSED),
    "catalog:collection": Row(ANYBODYS, METHOD),
    "catalog:collection-choices": Row(CURATORS, CURATORS_METHOD, CHANGE_COLLECTION),
    "catalog:collection-deletion": Row(CURATORS_METHOD, CURATORS, DELETE_COLLECTION),
    "catalog:collection-edition": Row(CURATORS, CURATORS, CHANGE_COLLECTION),
    "catalog:collection-mending": Row(CURATORS_METHOD, CURATORS, CHANGE_COLLECTION),
    "catalog:collection-words": Row(CURATORS_METHOD, CURATORS, CHANGE_COLLECTION),
    "catalog:collections": Row(ANYBODYS, CURATORS, ADD_COLLECTION),
    "catalog:collections-export": Row(CURATORS, CURATORS_METHOD, VIEW_COLLECTION),
    "catalog:collections-import": Row(CURATORS, CURATORS, CHANGE_COLLECTION),
    "catalog:collections-of": Row(CURATORS, CURATORS, CHANGE_COLLECTION),
    "catalog:collections-order": Row(CURATORS_METHOD, CURATORS, CHANGE_COLLECTION),
    "catalog:collections-recovery": Row(CURATORS_METHOD, CURATORS, ADD_COLLECTION),
    "catalog:export": Row(ANYBODYS, METHOD),
    "catalog:favourites": Row(ANYBODYS, ANYBODYS),
    "catalog:favourites-account": Row(METHOD, "login none none yes yes yes"),
    "catalog:front": Row(ANYBODYS, METHOD),
    "catalog:models": Row(ANYBODYS, METHOD),
    "catalog:saved-search": Row(OWNERS_ALONE, METHOD),
    "catalog:saved-search-deletion": Row(METHOD, OWNERS_ALONE),
    "catalog:saved-search-name": Row(METHOD, OWNERS_ALONE),
    "catalog:saved-search-new": Row(ANYBODYS, METHOD),
    "catalog:saved-searches": Row(ANYBODYS, ANYBODYS),
    "catalog:saved-searches-recovery": Row(METHOD, ANYBODYS),
    "catalog:sync": Row(ANYBODYS, METHOD),
    "chats:chat": Row(OWNERS_ALONE, OWNERS_ALONE),
    "chats:chat-deletion": Row(METHOD, OWNERS_ALONE),
    "chats:chat-draft": Row(METHOD, OWNERS_ALONE),
    "chats:chat-title": Row(METHOD, OWNERS_ALONE),
    "chats:chat-turns": Row(METHOD, OWNERS_ALONE),
    "chats:chats": Row(ANYBODYS, METHOD),
    "chats:new": Row(ANYBODYS, ANYBODYS),
    "chats:recovery": Row(METHOD, ANYBODYS),
    "favicon": Row(OPEN, OPEN),
    "flows:account": Row(ANYBODYS, METHOD),
    "flows:account-definition": Row(ANYBODYS, METHOD),
    "flows:account-of-model": Row(ANYBODYS, METHOD),
    "flows:account-reading": Row(METHOD, ANYBODYS),
    "flows:account-workflow": Row(ANYBODYS, ANYBODYS),
    "flows:flow": Row(OWNERS_ALONE, OWNERS_ALONE),
    "flows:flow-copy": Row(METHOD, OWNERS_ALONE),
    "flows:flow-deletion": Row(METHOD, OWNERS_ALONE),
    "flows:flow-document": Row(OWNERS_ALONE, METHOD),
    "flows:flow-edit": Row(OWNERS_ALONE, OWNERS_ALONE),
    "flows:flow-model": Row(OWNERS_ALONE, OWNERS_ALONE),
    "flows:flow-run": Row(OWNERS_ALONE, OWNERS_ALONE),
    "flows:flow-then": Row(OWNERS_ALONE, OWNERS_ALONE),
    "flows:flows": Row(ANYBODYS, METHOD),
    "flows:import": Row(ANYBODYS, ANYBODYS),
    "flows:new": Row(ANYBODYS, METHOD),
    "flows:recovery": Row(METHOD, ANYBODYS),
    "flows:then": Row(ANYBODYS, ANYBODYS),
    "login": Row(OPEN, OPEN),
    "login-link": Row("no no no no no no", CLOSED),
    "logout": Row("yes - - - - -", OPEN),
    "password-reset": Row(OPEN, OPEN),
    "password-reset-new": Row(OPEN, OPEN),
    "password-reset-sent": Row(OPEN, CLOSED),
    "notifications:channel": Row(METHOD, OWNERS_ALONE),
    "notifications:channel-deletion": Row(METHOD, OWNERS_ALONE),
    "notifications:channel-recovery": Row(METHOD, OWNERS_ALONE),
    "notifications:channel-test": Row(METHOD, OWNERS_ALONE),
    "notifications:delivery-repetition": Row(METHOD, OWNERS_ALONE),
    "notifications:jwks": Row(OPEN, CLOSED),
    "notifications:new-channel": Row(METHOD, ANYBODYS),
    "notifications:preferences": Row(METHOD, ANYBODYS),
    "notifications:settings": Row(ANYBODYS, METHOD),
    "playground:about": Row(ANYBODYS, METHOD),
    "playground:artifact": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:artifact-star": Row(METHOD, ON_A_RUN, CHANGE_RUN),
    "playground:artifact-poster": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:artifact-thumbnail": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:artifact-viewer": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:artifact-uses": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:draft": Row(METHOD, ANYBODYS),
    "playground:endpoint": Row(ANYBODYS, ANYBODYS),
    "playground:healthz": Row(OPEN, CLOSED),
    "playground:jump": Row(ANYBODYS, METHOD),
    "playground:link-deletion": Row(METHOD, OWNERS_ALONE),
    "playground:links": Row(ANYBODYS, METHOD),
    "playground:latest": Row(ANYBODYS, METHOD),
    "playground:newer": Row(ANYBODYS, METHOD),
    "playground:move": Row(OWNERS_ALONE, METHOD),
    "playground:move-undoing": Row(METHOD, OWNERS_ALONE),
    "playground:moves": Row("login none none none none none", "login none none none none none"),
    "playground:note": Row(OWNERS_ALONE, OWNERS_ALONE),
    "playground:note-deletion": Row(METHOD, "login none yes none yes yes", DELETE_NOTE),
    "playground:note-recovery": Row(METHOD, ANYBODYS),
    "playground:notes": Row(METHOD, ANYBODYS),
    "playground:preset": Row(PERMITTED, PERMITTED, CHANGE_PRESET),
    "playground:preset-deletion": Row(METHOD, PERMITTED, DELETE_PRESET),
    "playground:preset-recovery": Row(METHOD, PERMITTED, DELETE_PRESET),
    "playground:preset-repair": Row(METHOD, PERMITTED, CHANGE_PRESET),
    "playground:preset-repair-undo": Row(METHOD, PERMITTED, CHANGE_PRESET),
    "playground:presets": Row(ANYBODYS, ANYBODYS),
    "playground:recent-prompts": Row(ANYBODYS, METHOD),
    "playground:restorations": Row(ANYBODYS, ANYBODYS),
    "playground:run": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:run-cancellation": Row(METHOD, ON_A_RUN, CANCEL_RUN),
    "playground:run-elsewhere": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:run-example": Row(METHOD, ON_A_RUN, PUBLISH_RUN),
    "playground:run-file": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:run-models": Row(ANYBODYS, METHOD),
    "playground:run-output": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:run-repetition": Row(METHOD, OWNERS, VIEW_RUN),
    "playground:run-star": Row(METHOD, ON_A_RUN, CHANGE_RUN),
    "playground:run-text": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:run-text-uses": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:run-uses": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:run-variations": Row(METHOD, OWNERS, VIEW_RUN),
    "playground:run-visibility": Row(METHOD, "login none yes none no no", VIEW_RUN),
    "playground:runs": Row(ANYBODYS, METHOD),
    "playground:runs-deletion": Row(METHOD, ANYBODYS),
    "playground:runs-recovery": Row(METHOD, ANYBODYS),
    "playground:standing": Row(CURATORS, CURATORS, CHANGE_ENDPOINT),
    "playground:strip": Row(ANYBODYS, METHOD),
    "playground:ticket": Row(METHOD, ANYBODYS),
    "playground:tray": Row(ANYBODYS, METHOD),
    "playground:upload": Row(OWNERS, METHOD, VIEW_RUN),
    "playground:upload-choices": Row(ANYBODYS, METHOD),
    "playground:upload-known": Row(METHOD, ANYBODYS),
    "playground:upload-tool": Row(ANYBODYS, METHOD),
    "playground:uploads": Row(METHOD, ANYBODYS),
    "playground:webhook": Row(CLOSED, "no no no no no no"),
    "projects:menu": Row(ANYBODYS, METHOD),
    "projects:new": Row(ANYBODYS, ANYBODYS),
    "projects:project": Row(OWNERS_ALONE, METHOD),
    "projects:project-archiving": Row(METHOD, OWNERS_ALONE),
    "projects:project-choice": Row(METHOD, OWNERS_ALONE),
    "projects:project-deletion": Row(METHOD, OWNERS_ALONE),
    "projects:project-member": Row(METHOD, OWNERS_ALONE),
    "projects:project-member-removal": Row(METHOD, OWNERS_ALONE),
    "projects:project-members": Row(METHOD, OWNERS_ALONE),
    "projects:project-members-recovery": Row(METHOD, OWNERS_ALONE),
    "projects:project-recovery": Row(METHOD, OWNERS_ALONE),
    "projects:project-rule-recovery": Row(METHOD, OWNERS_ALONE),
    "projects:project-rule-removal": Row(METHOD, OWNERS_ALONE),
    "projects:project-rules": Row(OWNERS_ALONE, OWNERS_ALONE),
    "projects:project-settings": Row(OWNERS_ALONE, OWNERS_ALONE),
    "projects:projects": Row(ANYBODYS, METHOD),
    "rules:rule-recovery": Row(METHOD, HOUSE_RULES, CHANGE_HOUSE_RULES),
    "rules:rule-removal": Row(METHOD, HOUSE_RULES, CHANGE_HOUSE_RULES),
    "rules:rules": Row(HOUSE_RULES, HOUSE_RULES, CHANGE_HOUSE_RULES),
    "training:dataset": Row(OWNERS_ALONE, OWNERS_ALONE),
    "training:dataset-deletion": Row(METHOD, OWNERS_ALONE),
    "training:dataset-files": Row(METHOD, OWNERS_ALONE),
    "training:dataset-form": Row(METHOD, OWNERS_ALONE),
    "training:dataset-results": Row(OWNERS_ALONE, OWNERS_ALONE),
    "training:new": Row(ANYBODYS, ANYBODYS),
    "training:recovery": Row(METHOD, ANYBODYS),
    "training:training": Row(ANYBODYS, METHOD),
    "training:weights": Row(ANYBODYS, METHOD),
    "training:weights-deletion": Row(METHOD, OWNERS_ALONE),
    "training:weights-page": Row(OWNERS_ALONE, OWNERS_ALONE),
}

# Who is logged in gets at the addresses of a blind vote: the board's owner, as the member of its
# project, who has followed the open link, who has a link from before the vote was closed, and who
# has none.
VOTERS = ("owner", "link", "old link", "none")
VOTE_ACCESS = {
    "boards:vote": "yes yes none none",
    "boards:vote-file": "yes yes none none",
    "boards:vote-retraction": "yes yes none none",
}


def as_document(rows: dict[str, Row]) -> str:
    """The table for people."""
    head = [
        "# Who may do what",
        "",
        "`python -m tests.accounts.access` writes this page; `tests/accounts/test_access.py`",
        "compares it with what each route returns. *owner* owns the object, *permitted* is staff",
        "with the permission in the last column. Superusers have all permissions. In Django's own",
        "admin pages, staff need its permission for each model (view, add, change, delete).",
        "",
        "- `login`: redirected to the login page, or 401",
        "- `yes`: answered",
        "- `no`: 403",
        "- `none`: 404, as if the object did not exist",
        "- `-`: 405, there is no such method",
        "",
        "| route | method | " + " | ".join(ROLES) + " | permission |",
        "|---|---|" + "---|" * len(ROLES) + "---|",
    ]
    lines = [
        f"| {name} | {method} | {' | '.join(marks.split())} | {row.needs} |"
        for name, row in sorted(rows.items())
        for method, marks in (("GET", row.get), ("POST", row.post))
    ]
    votes = [
        "",
        "A blind vote is open to the members of its board's project (here its owner) and, until it",
        "is closed, to whoever is logged in and has followed its link. An *old link* is one from",
        "before it was closed.",
        "`tests/boards/views/test_vote.py` compares this table.",
        "",
        "| route | " + " | ".join(VOTERS) + " |",
        "|---|" + "---|" * len(VOTERS),
        *(f"| {name} | {' | '.join(marks.split())} |" for name, marks in VOTE_ACCESS.items()),
    ]
    return "\n".join([*head, *lines, *votes, *membership_as_lines()]) + "\n"


if __name__ == "__main__":
    FILE.write_text(as_document(ACCESS))
