"""What each role gets at the routes of boards, and of a board with a vote."""

from accounts.permissions import VIEW_RUN
from tests.accounts.access.marks import ANYBODYS, METHOD, OWNERS, OWNERS_ALONE, SAYS_WHY, Row

BOARDS: dict[str, Row] = {
    "boards:board": Row(OWNERS, METHOD, VIEW_RUN),
    "boards:board-access": Row(METHOD, OWNERS_ALONE),
    "boards:board-cancellation": Row(METHOD, OWNERS_ALONE),
    "boards:board-cap": Row(METHOD, OWNERS_ALONE),
    "boards:board-cell": Row(METHOD, OWNERS_ALONE),
    "boards:board-columns": Row(SAYS_WHY, METHOD, VIEW_RUN),
    "boards:board-comment-deletion": Row(METHOD, OWNERS_ALONE),
    "boards:board-comment-resolution": Row(METHOD, OWNERS_ALONE),
    "boards:board-comments": Row(SAYS_WHY, OWNERS_ALONE, VIEW_RUN),
    "boards:board-continuation": Row(METHOD, OWNERS_ALONE),
    "boards:board-decision": Row(METHOD, OWNERS_ALONE),
    "boards:board-heads": Row(SAYS_WHY, METHOD, VIEW_RUN),
    "boards:board-judge": Row(SAYS_WHY, OWNERS_ALONE, VIEW_RUN),
    "boards:board-part": Row(SAYS_WHY, METHOD, VIEW_RUN),
    "boards:board-plan": Row(OWNERS_ALONE, OWNERS_ALONE),
    "boards:board-progress": Row(SAYS_WHY, METHOD, VIEW_RUN),
    "boards:board-repetition": Row(METHOD, OWNERS_ALONE),
    "boards:board-results": Row(SAYS_WHY, METHOD, VIEW_RUN),
    "boards:board-row-request": Row(METHOD, OWNERS_ALONE),
    "boards:board-rows": Row(METHOD, OWNERS_ALONE),
    "boards:board-table": Row(SAYS_WHY, METHOD, VIEW_RUN),
    "boards:board-title": Row(METHOD, OWNERS_ALONE),
    "boards:board-votes": Row(SAYS_WHY, METHOD, VIEW_RUN),
    "boards:board-votes-recovery": Row(METHOD, OWNERS_ALONE),
    "boards:board-votes-reset": Row(METHOD, OWNERS_ALONE),
    "boards:board-voting": Row(METHOD, OWNERS_ALONE),
    "boards:board-voting-closure": Row(METHOD, OWNERS_ALONE),
    "boards:boards": Row(ANYBODYS, METHOD),
    "undo:comment": Row(METHOD, "login none none none none none"),
    "boards:plan": Row(ANYBODYS, ANYBODYS),
    "boards:plan-of-form": Row(METHOD, ANYBODYS),
    "boards:vote": Row(OWNERS_ALONE, OWNERS_ALONE),
    "boards:vote-file": Row("login none none none none none", METHOD),
    "boards:vote-retraction": Row(METHOD, OWNERS_ALONE),
}

# What a logged-in user gets at the addresses of a blind vote: the board's owner (a member of its
# project), a voter with the open link, one with a link from before the vote was closed, and one
# without a link.
VOTERS = ("owner", "link", "old link", "none")
VOTE_ACCESS = {
    "boards:vote": "yes yes none none",
    "boards:vote-file": "yes yes none none",
    "boards:vote-retraction": "yes yes none none",
}
