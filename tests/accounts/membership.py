"""What each role gets of a project's objects at each route: the declared rules.

Every object exists six times: one's *own*, the *project's* (another member's), *hidden* (only for
that member), *elsewhere* (in a project of others), *private* (in that member's private project) and
*deleted*. A stranger gets 404 everywhere, and so does everybody for hidden, elsewhere, private and
deleted objects; a visitor who is not logged in gets the login page. The rules say the rest.

A *curator* and an *admin* have that role in the house and are members of none of the projects: a
curator gets what a stranger gets; an admin gets more of runs, boards and flows.
"""

from typing import NamedTuple

from projects.kept.models import kinds
from tests.accounts.access.kept import methods_by_route

ROLES = ("anonymous", "stranger", "viewer", "maker", "manager", "curator", "admin")
MEMBERS = ROLES[2:5]
HOUSE = ROLES[5:]
OBJECTS = ("own", "project's", "hidden", "elsewhere", "private", "deleted")
METHODS = ("get", "post")


class Rule(NamedTuple):
    """Words (see `access/marks.py`) for one's own and the project's object, by role.

    `deleted`: for the project's deleted object, by role in the same order.
    """

    says: str
    viewer: str
    maker: str
    manager: str
    deleted: str = "none none none"

    def word(self, role: str, thing: str) -> str:
        """Return the word that a role gets for an object."""
        if not self.says:
            return "login" if role == "anonymous" else "-"
        if role == "anonymous":
            return "login"
        if role == "stranger" or role in HOUSE:
            return "none"
        if thing == "deleted":
            return self.deleted.split()[MEMBERS.index(role)]
        if thing in {"own", "project's"}:
            words = (self.viewer, self.maker, self.manager)[MEMBERS.index(role)]
            return words.split()[OBJECTS.index(thing)]
        return "none"


NOTHING = Rule("", "", "", "")  # there is no such method
SEEN = Rule("every member", "yes yes", "yes yes", "yes yes")
RESTORED = Rule(
    "every member; deleted, who may bring it back",
    "yes yes", "yes yes", "yes yes", "none none yes",
)  # fmt: skip
KEPT = Rule("every member, also if it is deleted", "yes yes", "yes yes", "yes yes", "yes yes yes")
CHANGED = Rule("makers", "no no", "yes yes", "yes yes")
STARRED = Rule("who made it, and makers", "yes no", "yes yes", "yes yes")
REMOVED = Rule("who made it, and managers", "yes no", "yes no", "yes yes")
BROUGHT_BACK = Rule(
    "who made it, and managers, also if it is deleted", "yes no", "yes no", "yes yes", "no no yes"
)
OWNED = Rule("who made it", "yes no", "yes no", "yes no")

# For the pages of `projects.kept.resource.Resource`, by method; the other methods are about no row.
KEPT_RULES = {
    "show_row": (SEEN, NOTHING),
    "change": (CHANGED, CHANGED),
    "deletion": (NOTHING, REMOVED),
}
UNDONE = Rule("who made it, and managers", "yes none", "yes none", "yes yes", "none none yes")
MEMBERSHIP: dict[str, tuple[Rule, Rule]] = {
    "boards:board": (SEEN, NOTHING),
    "boards:board-access": (NOTHING, CHANGED),
    "boards:board-cancellation": (NOTHING, STARRED),
    "boards:board-cap": (NOTHING, CHANGED),
    "boards:board-cell": (NOTHING, CHANGED),
    "boards:board-columns": (SEEN, NOTHING),
    "boards:board-comment-deletion": (NOTHING, REMOVED),
    "boards:board-comment-resolution": (NOTHING, STARRED),
    "boards:board-comments": (SEEN, SEEN),
    "boards:board-continuation": (NOTHING, CHANGED),
    "boards:board-decision": (NOTHING, CHANGED),
    "boards:board-heads": (SEEN, NOTHING),
    "boards:board-judge": (SEEN, CHANGED),
    "boards:board-part": (SEEN, NOTHING),
    "boards:board-plan": (CHANGED, CHANGED),
    "boards:board-progress": (SEEN, NOTHING),
    "boards:board-repetition": (NOTHING, CHANGED),
    "boards:board-results": (SEEN, NOTHING),
    "boards:board-row-request": (NOTHING, CHANGED),
    "boards:board-rows": (NOTHING, CHANGED),
    "boards:board-table": (SEEN, NOTHING),
    "boards:board-title": (NOTHING, CHANGED),
    "boards:board-votes": (SEEN, NOTHING),
    "boards:board-votes-recovery": (NOTHING, CHANGED),
    "boards:board-votes-reset": (NOTHING, CHANGED),
    "boards:board-voting": (NOTHING, CHANGED),
    "boards:board-voting-closure": (NOTHING, CHANGED),
    "boards:vote": (SEEN, SEEN),
    "boards:vote-retraction": (NOTHING, SEEN),
    "flows:run-again": (SEEN, SEEN),
    "flows:flow": (SEEN, SEEN),
    "flows:flow-run": (SEEN, SEEN),
    "library:run-descent": (SEEN, NOTHING),
    "library:prompt-text": (SEEN, SEEN),
    "library:series-captions": (CHANGED, CHANGED),
    "library:series-cover": (NOTHING, CHANGED),
    "library:series-files": (NOTHING, CHANGED),
    "library:series-order": (NOTHING, CHANGED),
    "library:series-removals": (NOTHING, CHANGED),
    "undo:seriesitem": (NOTHING, CHANGED),
    "playground:artifact": (RESTORED, NOTHING),
    "playground:artifact-poster": (RESTORED, NOTHING),
    "playground:artifact-frames": (NOTHING, SEEN),
    "playground:artifact-repetition": (NOTHING, SEEN),
    "playground:artifact-star": (NOTHING, STARRED),
    "playground:artifact-thumbnail": (RESTORED, NOTHING),
    "playground:artifact-uses": (SEEN, NOTHING),
    "playground:artifact-view": (SEEN, NOTHING),
    "playground:artifact-viewer": (RESTORED, NOTHING),
    "playground:artifact-with-recipe": (SEEN, NOTHING),
    "playground:preset": (STARRED, STARRED),
    "playground:preset-deletion": (NOTHING, REMOVED),
    "undo:preset": (NOTHING, BROUGHT_BACK),
    "playground:run": (RESTORED, NOTHING),
    "playground:run-cancellation": (NOTHING, REMOVED),
    "playground:run-elsewhere": (SEEN, NOTHING),
    "playground:run-example": (NOTHING, OWNED),
    "playground:run-file": (SEEN, NOTHING),
    "playground:run-output": (SEEN, NOTHING),
    "playground:run-repetition": (NOTHING, SEEN),
    "playground:run-star": (NOTHING, STARRED),
    "playground:run-takeover": (NOTHING, SEEN),
    "playground:run-text": (SEEN, NOTHING),
    "playground:run-text-uses": (SEEN, NOTHING),
    "playground:run-transcript": (SEEN, NOTHING),
    "playground:run-uses": (SEEN, NOTHING),
    "playground:run-variations": (NOTHING, SEEN),
    "playground:run-view": (SEEN, NOTHING),
    "playground:run-visibility": (NOTHING, OWNED),
    "playground:upload": (KEPT, NOTHING),
    "playground:upload-thumbnail": (KEPT, NOTHING),
    "playground:upload-uses": (KEPT, NOTHING),
    **{f"undo:{kind.slug}": (NOTHING, UNDONE) for kind in kinds() if kind.route},
    **{
        name: KEPT_RULES[method]
        for name, method in methods_by_route().items()
        if method in KEPT_RULES
    },
}

# What programs get with the token of somebody with the role; other methods do not exist. Some
# routes read the body before the object, so an empty body gets the same answer for all objects:
# `tests/api/test_reach.py` sends these a body.
PROGRAMS: dict[tuple[str, str], Rule] = {
    ("api:v1-boards-cancellation", "post"): STARRED,
    ("api:v1-boards-one", "get"): SEEN,
    ("api:v1-flow-runs-cancellation", "post"): REMOVED,
    ("api:v1-flow-runs-one", "get"): SEEN,
    ("api:v1-flows-one", "get"): SEEN,
    ("api:v1-presets-one", "get"): SEEN,
    ("api:v1-runs-artifacts-star", "put"): STARRED,
    ("api:v1-runs-artifacts-star", "delete"): STARRED,
    ("api:v1-runs-cancellation", "post"): REMOVED,
    ("api:v1-runs-one", "get"): SEEN,
    ("api:v1-runs-one", "delete"): REMOVED,
    ("api:v1-runs-star", "put"): STARRED,
    ("api:v1-runs-star", "delete"): STARRED,
    ("api:v1-uploads-one", "get"): KEPT,
}

# What assistants get of an object that a tool's parameter or a resource's address names: the same
# as programs at the route. `tests/accounts/test_membership_of_assistants.py` tests each of them.
ASSISTANTS: dict[tuple[str, str], tuple[str, str]] = {
    ("cancel_run", "run_id"): ("api:v1-runs-cancellation", "post"),
    ("get_run", "run_id"): ("api:v1-runs-one", "get"),
    ("run_flow", "flow_id"): ("api:v1-flows-one", "get"),
    ("run_model", "preset_id"): ("api:v1-presets-one", "get"),
    ("show_artifact", "run_id"): ("api:v1-runs-one", "get"),
    ("vitrine://runs/{run_id}", "run_id"): ("api:v1-runs-one", "get"),
}

# What admins of the house get of objects in projects of which they are no members. They get nothing
# of deleted objects, except a run's files and page, because it can be restored.
ADMINS_SEE = {
    ("api:v1-boards-one", "get"),
    ("boards:board-comments", "get"),
    ("api:v1-runs-artifacts-star", "delete"),
    ("api:v1-runs-artifacts-star", "put"),
    ("api:v1-runs-cancellation", "post"),
    ("api:v1-runs-one", "delete"),
    ("api:v1-runs-one", "get"),
    ("api:v1-runs-star", "delete"),
    ("api:v1-runs-star", "put"),
    ("boards:board", "get"),
    ("boards:board-columns", "get"),
    ("boards:board-heads", "get"),
    ("boards:board-part", "get"),
    ("boards:board-progress", "get"),
    ("boards:board-results", "get"),
    ("boards:board-table", "get"),
    ("boards:board-judge", "get"),
    ("boards:board-votes", "get"),
    ("flows:run-again", "get"),
    ("flows:run-again", "post"),
    ("flows:flow", "get"),
    ("flows:flow-run", "get"),
    ("library:run-descent", "get"),
    ("playground:artifact-frames", "post"),
    ("playground:artifact-repetition", "post"),
    ("playground:artifact-star", "post"),
    ("playground:artifact-uses", "get"),
    ("playground:artifact-with-recipe", "get"),
    ("playground:artifact-view", "get"),
    ("playground:run-cancellation", "post"),
    ("playground:run-elsewhere", "get"),
    ("playground:run-example", "post"),
    ("playground:run-file", "get"),
    ("playground:run-output", "get"),
    ("playground:run-repetition", "post"),
    ("playground:run-star", "post"),
    ("playground:run-takeover", "post"),
    ("playground:run-text", "get"),
    ("playground:run-text-uses", "get"),
    ("playground:run-transcript", "get"),
    ("playground:run-uses", "get"),
    ("playground:run-variations", "post"),
    ("playground:run-view", "get"),
}
ADMINS_SEE_DELETED = {
    ("playground:artifact", "get"),
    ("playground:artifact-poster", "get"),
    ("playground:artifact-thumbnail", "get"),
    ("playground:artifact-viewer", "get"),
    ("playground:run", "get"),
    ("playground:upload", "get"),
    ("playground:upload-thumbnail", "get"),
    ("playground:upload-uses", "get"),
}
# Admins see these objects but may not change this.
ADMINS_ARE_REFUSED = {
    ("api:v1-boards-cancellation", "post"),
    ("boards:board-comments", "post"),
    ("playground:run-visibility", "post"),
}

# Objects for one person alone: admins see that they exist, and their content with a reason.
PRIVATE = ("hidden", "private")
ADMINS_ACT_UNSEEN = {
    ("boards:board", "get"),  # the page without content, which asks for the reason
    ("flows:flow", "get"),
    ("flows:flow-run", "get"),
    ("playground:run", "get"),
    ("api:v1-runs-cancellation", "post"),
    ("api:v1-runs-one", "delete"),
    ("playground:run-cancellation", "post"),
}


def declared(rule: Rule, name: str, method: str, role: str, thing: str) -> str:
    """Return the word that a role gets for an object at a route."""
    route, is_there = (name, method), bool(rule.says)
    if role != "admin" or not is_there:
        return rule.word(role, thing)
    if thing in PRIVATE and route not in ADMINS_ACT_UNSEEN:
        return "none"
    if route in ADMINS_SEE_DELETED or (route in ADMINS_SEE and thing != "deleted"):
        return "yes"
    return "no" if route in ADMINS_ARE_REFUSED and thing != "deleted" else "none"
