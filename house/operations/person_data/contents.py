"""Lists the rows that belong to a person, and by which field; the suite fails for missing models.

A row is a person's if they made it or it is only about them. No archive contains secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Field, Model, Q, QuerySet

from core.db.encrypted_field import EncryptedTextField
from features.boards.models import PlanDraft
from features.notifications import subjects
from features.notifications.models import Notification
from projects.models import InProject
from projects.models.in_project import is_member

# The path from a row to its person → the models.
PERSONAL: Mapping[str, str] = {
    "pk": "auth.User",
    "user": (
        "account.EmailAddress accounts.Preferences admin.LogEntry api.ProxyFile api.Token "
        "auth.User_groups auth.User_user_permissions boards.Board boards.Comment boards.PlanDraft "
        "boards.RowRequest catalog.Note catalog.Reader flows.Flow "
        "flows.FlowRun library.Prompt library.Series mfa.Authenticator "
        "notifications.Channel notifications.Delivery notifications.Notification "
        "notifications.NotificationPreferences people.Joining playground.Charge "
        "playground.DailySum playground.Draft playground.Preset playground.Run playground.Share "
        "playground.Upload playground.View projects.Choice projects.Membership projects.Move "
        "retirement.Replacement sharing.Reviewer sharing.Share "
        "socialaccount.SocialAccount spending.BudgetRequest usersessions.UserSession"
    ),
    "actor": "accounts.AuditEntry",
    "board__user": "boards.Cell boards.Column boards.Row",
    "by": "projects.Look",
    "collection__owner": "catalog.CollectionItem",
    "flow_run__user": "flows.StepRun",
    "made_by": "people.Invitation projects.Rule",
    "owner": "catalog.Collection",
    "person": "projects.Project spending.Budget",
    "prompt__user": "library.PromptTag",
    "reviewer__user": "sharing.Comment sharing.Pick sharing.Rating",
    "run__user": "library.PromptRun playground.Artifact",
    "series__user": "library.Destination library.SeriesItem",
    "share__user": "sharing.ShareItem",
    "token__user": "api.Consent",
    "user_id": "catalog.Favourite",
    "voter": "boards.Vote",
}
NOT_PERSONAL: Mapping[str, str] = {
    "the catalogue, and what the team thinks of it": (
        "catalog.Change catalog.Endpoint catalog.ListingEntry catalog.Picture catalog.Revision "
        "catalog.Schema catalog.SyncReport flows.AccountWorkflow"
    ),
    "what a team made of a board, without names": "boards.Mark boards.RowMark",
    "what others wrote, who mentioned them": "sharing.Comment_mentioned",
    "says again what runs, uploads and charges say": (
        "api.KeyedCall api.ProxyPart library.DueEntry library.SearchEntry "
        "notifications.RunEnd playground.DerivedFile playground.InputFile "
        "playground.LedgerEntry playground.MetadataBackfill playground.RecordSum "
        "playground.RecordedRun playground.ResultExcerpt playground.UploadReservation "
        "playground.WebhookReport spending.BillingEvent"
    ),
    "ways in, which are secrets of minutes": (
        "account.EmailConfirmation accounts.LoginLink accounts.QueuedMail accounts.RateBucket "
        "accounts.SignInCounter accounts.SpentToken allauth_idp_oidc.Client "
        "allauth_idp_oidc.Token sessions.Session socialaccount.SocialToken"
    ),
    "the house's": (
        "auth.Group auth.Group_permissions auth.Permission contenttypes.ContentType "
        "notifications.SigningKey operations.Announcement operations.Backup "
        "operations.Counter operations.CspReport operations.DataVersion "
        "operations.ServerProcess people.GivenPermission people.InvitedProject "
        "playground.DiscardedContent playground.KeptFigures "
        "playground.LedgerAccount playground.UpstreamDeletion "
        "playground.UpstreamKeys playground.WantedCopy playground.Worker socialaccount.SocialApp "
        "spending.BillingState spending.MeasuredPrice spending.SpendingRules "
        "spending.UnmeasuredRun"
    ),
}
# Columns with secrets in any model; encrypted columns are left out as well. Also columns in which a
# log names the person somebody acted on.
SECRET = {
    *("password", "secret", "token", "token_digest", "digest", "webhook_token", "form_token"),
    *("session_key", "data", "key_digest", "handle", "actor_email"),
    *("object_repr", "change_message", "detail", "changes", "changes_text", "serialized_data"),
}


def rows_of(
    person: User, *, is_for_themselves: bool = False
) -> Iterator[tuple[str, QuerySet[Model]]]:
    """Yield the label of each model with those of its rows that are the person's.

    For themselves, without rows in projects that they have left.
    """
    for path, labels in PERSONAL.items():
        for label in labels.split():
            model = _models()[label]
            rows = model._base_manager.filter(**{path: person.pk})
            in_sight = _is_in_sight(person, model, path) if is_for_themselves else Q()
            yield label, rows.filter(in_sight).order_by("pk")


def _is_in_sight(person: User, model: type[Model], path: str) -> Q:
    if model is Notification:
        return subjects.are_visible(person)
    prefix = path.rpartition("user")[0]
    place: Any = model
    for name in prefix.split("__")[:-1]:
        place = place._meta.get_field(name).related_model
    is_in_project = issubclass(place, InProject) or place is PlanDraft
    return Q(is_member(person, prefix=prefix)) if is_in_project else Q()


def columns(model: type[Model]) -> list[str]:
    """Return the columns of a model that are in an archive."""
    return [
        field.attname
        for field in model._meta.concrete_fields
        if field.name not in SECRET and not isinstance(field, _UNREADABLE)
    ]


_UNREADABLE: tuple[type[Field[object, object]], ...] = (EncryptedTextField, models.BinaryField)


def _models() -> dict[str, type[Model]]:
    return {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
