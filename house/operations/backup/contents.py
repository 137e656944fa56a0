"""The tables in a backup, and why: each model has a line here, or the suite fails.

Tables about this machine or the last minutes are left out; no row in a backup refers to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.apps import apps
from django.db.models import Model

IN: Mapping[str, str] = {
    "what people have made": (
        "boards.Board boards.Cell boards.Column boards.Comment boards.Mark "
        "boards.PlanDraft boards.Row boards.RowMark boards.RowRequest "
        "boards.Vote flows.AccountWorkflow flows.Flow flows.FlowRun flows.StepRun "
        "library.Destination library.Prompt library.PromptRun library.PromptTag library.Series "
        "library.SeriesItem playground.Draft playground.Preset playground.Share playground.View "
        "retirement.Replacement"
    ),
    "runs, their results and their files": (
        "api.KeyedCall api.ProxyFile playground.Artifact playground.DerivedFile "
        "playground.DiscardedContent playground.InputFile playground.MetadataBackfill "
        "playground.RecordSum playground.RecordedRun playground.ResultExcerpt playground.Run "
        "playground.Upload playground.UpstreamDeletion playground.UpstreamKeys "
        "playground.WantedCopy playground.WebhookReport"
    ),
    "money": (
        "playground.Charge playground.DailySum playground.LedgerAccount playground.LedgerEntry "
        "spending.BillingEvent spending.BillingState spending.Budget "
        "spending.BudgetRequest spending.MeasuredPrice "
        "spending.SpendingRules spending.UnmeasuredRun"
    ),
    "people, and what they may do": (
        "account.EmailAddress accounts.Preferences api.Token auth.Group auth.Group_permissions "
        "auth.Permission auth.User auth.User_groups auth.User_user_permissions "
        "contenttypes.ContentType mfa.Authenticator people.GivenPermission people.Invitation "
        "people.InvitedProject people.Joining projects.Choice projects.Look projects.Membership "
        "projects.Move projects.Project projects.Rule socialaccount.SocialAccount "
        "socialaccount.SocialApp socialaccount.SocialToken"
    ),
    "what was used once stays used": "accounts.SpentToken",
    "who did what": "accounts.AuditEntry admin.LogEntry",
    "what was said on shares": (
        "sharing.Comment sharing.Comment_mentioned sharing.Pick sharing.Rating "
        "sharing.Reviewer sharing.Share sharing.ShareItem"
    ),
    "the catalogue with what the team thinks of it": (
        "catalog.Change catalog.Collection catalog.CollectionItem catalog.Endpoint "
        "catalog.ListingEntry catalog.Note catalog.Picture catalog.Reader "
        "catalog.Revision catalog.Schema catalog.SyncReport"
    ),
    "stars of models": "catalog.Favourite",
    "what people are told": (
        "notifications.Channel notifications.Delivery notifications.Notification "
        "notifications.NotificationPreferences notifications.RunEnd notifications.SigningKey"
    ),
    "the index that finds results": "library.DueEntry library.SearchEntry",
    "pages say by it which upstream runs go to": "playground.Worker",
    "which versions have migrated it": "operations.DataVersion",
}
OUT: Mapping[str, str] = {
    "who was logged in logs in again: nothing that was ended since comes back": (
        "account.EmailConfirmation accounts.LoginLink allauth_idp_oidc.Client "
        "allauth_idp_oidc.Token sessions.Session usersessions.UserSession"
    ),
    "counts of the last minutes": "accounts.RateBucket accounts.SignInCounter",
    "mail that was waiting would be sent twice": "accounts.QueuedMail",
    "sums that a worker makes anew": "playground.KeptFigures",
    "processes report anew": "operations.Counter operations.ServerProcess",
    "files that were being sent": "api.ProxyPart playground.UploadReservation",
    "questions are open for two minutes; the audit log has the answers": "api.Consent",
    "tells of this place": "operations.Backup operations.CspReport",
    "what goes is announced anew": "operations.Announcement",
}


def labels(groups: Mapping[str, str]) -> Iterator[str]:
    """Yield the labels of the models in some groups: `boards.Board`."""
    for group in groups.values():
        yield from group.split()


def left_out() -> list[type[Model]]:
    """Return the models whose rows are in no backup."""
    return _models(OUT)


def included() -> list[type[Model]]:
    """Return the models whose rows are in every backup."""
    return _models(IN)


def _models(groups: Mapping[str, str]) -> list[type[Model]]:
    """Return models; tables between two models are named by both: `auth.User_groups`."""
    by_label = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    return [by_label[label] for label in labels(groups)]
