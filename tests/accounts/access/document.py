"""The tables of rights, for readers."""

from tests.accounts.access.boards import VOTE_ACCESS, VOTERS
from tests.accounts.access.marks import ROLES, Row
from tests.accounts.membership import membership_as_lines


def as_document(rows: dict[str, Row]) -> str:
    """Return the table as Markdown."""
    head = [
        "# Who may do what",
        "",
        "`tests/accounts/test_access.py` compares this with what each route returns.",
        "*owner* owns the object, *permitted* is staff",
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
        "`tests/features/boards/views/test_vote.py` compares this table.",
        "",
        "| route | " + " | ".join(VOTERS) + " |",
        "|---|" + "---|" * len(VOTERS),
        *(f"| {name} | {' | '.join(marks.split())} |" for name, marks in VOTE_ACCESS.items()),
    ]
    return "\n".join([*head, *lines, *votes, *membership_as_lines()]) + "\n"
