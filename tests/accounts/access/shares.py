"""What each role gets at the routes of links: shares, reviews."""

from accounts.permissions import SEE_ALL_SHARES
from tests.accounts.access.marks import (
    ANYBODYS,
    CLOSED,
    METHOD,
    NOWHERE,
    OPEN,
    OWNERS_ALONE,
    Row,
)

# The run here answers no comment; `test_making.py` tests who sends one that does.
ANSWERS_NOBODY = "login none none none none none"

SHARES: dict[str, Row] = {
    "sharing:answer": Row(ANSWERS_NOBODY, METHOD),
    "sharing:answers": Row(OWNERS_ALONE, METHOD),
    "sharing:answers-closing": Row(METHOD, OWNERS_ALONE),
    "sharing:answers-comment": Row(OWNERS_ALONE, METHOD),
    "sharing:answers-export": Row(OWNERS_ALONE, METHOD),
    "sharing:answers-retraction": Row(METHOD, OWNERS_ALONE),
    "sharing:answers-versions": Row(METHOD, OWNERS_ALONE),
    "sharing:making": Row(METHOD, OWNERS_ALONE),
    "sharing:own-share": Row(OWNERS_ALONE, OWNERS_ALONE),
    "sharing:own-share-address": Row(METHOD, OWNERS_ALONE),
    "sharing:own-share-revocation": Row(METHOD, "login none yes none yes yes", SEE_ALL_SHARES),
    "sharing:robots": Row(OPEN, CLOSED),
    "sharing:review": Row(OPEN, OPEN),
    "sharing:review-comment": Row("none none yes none none none", OPEN),
    "sharing:review-comment-deletion": Row(CLOSED, OPEN),
    "sharing:review-comment-recovery": Row(CLOSED, "yes none none none none none"),
    "sharing:review-comment-resolution": Row(CLOSED, OPEN),
    "sharing:review-comments": Row(CLOSED, OPEN),
    "sharing:review-completion": Row(CLOSED, OPEN),
    "sharing:review-item": Row(OPEN, CLOSED),
    "sharing:review-picks": Row(CLOSED, OPEN),
    "sharing:review-ratings": Row(CLOSED, OPEN),
    "sharing:share": Row(OPEN, CLOSED),
    "sharing:share-archive": Row(CLOSED, OPEN),
    "sharing:share-file": Row(OPEN, CLOSED),
    "sharing:share-item": Row(OPEN, CLOSED),
    "sharing:share-mesh": Row(NOWHERE, CLOSED),
    "sharing:share-password": Row(CLOSED, OPEN),
    "sharing:share-preview": Row(OPEN, CLOSED),
    # The share of these tests is of results; other kinds: tests/features/sharing/kinds.
    "sharing:share-picture": Row(NOWHERE, CLOSED),
    "sharing:share-poster": Row(OPEN, CLOSED),
    "sharing:share-rows": Row(CLOSED, NOWHERE),
    "sharing:share-thumbnail": Row(OPEN, CLOSED),
    "sharing:share-unknown": Row(NOWHERE, CLOSED),
    "sharing:share-vote": Row(NOWHERE, NOWHERE),
    "sharing:share-vote-file": Row(NOWHERE, CLOSED),
    "sharing:share-vote-retraction": Row(CLOSED, NOWHERE),
    "sharing:shares": Row(ANYBODYS, ANYBODYS),
    "undo:share": Row(METHOD, "login none yes none yes yes", SEE_ALL_SHARES),
}
