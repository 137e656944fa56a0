"""The last migrations of 0.2.0, by app. All later ones run while no process of 0.2.0 is at work."""

from django.db.migrations.loader import MigrationLoader

from tests.upgrades.fixtures import Key

LAST: dict[str, str] = {
    "account": "0009_emailaddress_unique_primary_email",
    "accounts": "0001_squashed_0009",
    "admin": "0003_logentry_add_action_flag_choices",
    "api": "0010_consent",
    "auditlog": "0017_add_actor_email",
    "auth": "0012_alter_user_first_name_max_length",
    "boards": "0022_without_tallies",
    "catalog": "0022_without_looks",
    "chats": "0001_squashed_0004",
    "contenttypes": "0002_remove_content_type_name",
    "flows": "0011_without_exchange",
    "library": "0011_runs_that_are_used",
    "mfa": "0003_authenticator_type_uniq",
    "notifications": "0007_without_trials",
    "operations": "0003_processes",
    "people": "0001_squashed_0003",
    "playground": "0059_codec",
    "projects": "0008_deputies_take_over",
    "retirement": "0002_checks",
    "sessions": "0001_initial",
    "sharing": "0009_renewed_at",
    "socialaccount": "0006_alter_socialaccount_extra_data",
    "spending": "0007_requests_for_models",
    "training": "0001_squashed_0003",
    "usersessions": "0001_initial",
}


def of_020(loader: MigrationLoader) -> set[Key]:
    """Return the migrations of 0.2.0."""
    return {key for last in LAST.items() for key in loader.graph.forwards_plan(last)}
