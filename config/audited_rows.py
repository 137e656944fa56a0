"""The rows whose changes django-auditlog writes to the audit log, field by field.

These are the rows that an IT department asks about: who may do what, where, and with which keys.
Runs, sessions, counters and the catalogue's copy are excluded, because they change all the time,
and so are private texts. Each model lists its fields, without secrets, digests and times of use.
Code that changes rows by `update()` calls `audit.record` with the `changes` instead.
"""

from __future__ import annotations

from typing import Any

AUDITED: list[dict[str, Any]] = [
    {
        "model": "auth.User",
        "include_fields": [
            "username",
            "first_name",
            "last_name",
            "email",
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
            "user_permissions",
        ],
        "m2m_fields": {"groups", "user_permissions"},
    },
    {
        "model": "auth.Group",
        "include_fields": ["name", "permissions"],
        "m2m_fields": {"permissions"},
    },
    {
        "model": "projects.Project",
        "include_fields": [
            "name",
            "description",
            "hides_new_runs",
            "retention_days",
            "files_days",
            "archived_at",
        ],
    },
    {"model": "projects.Membership", "include_fields": ["project", "user", "role"]},
    {
        "model": "projects.Rule",
        "include_fields": ["project", "effect", "kind", "value", "reason", "is_binding", "made_by"],
    },
    {
        "model": "people.Invitation",
        "include_fields": ["role", "email", "made_by", "expires_at", "max_uses", "revoked_at"],
    },
    {"model": "account.EmailAddress", "include_fields": ["user", "email", "verified", "primary"]},
    # Without `extra_data`, because an issuer may send anything about a person.
    {"model": "socialaccount.SocialAccount", "include_fields": ["user", "provider", "uid"]},
    {"model": "mfa.Authenticator", "include_fields": ["user", "type"]},
    {
        "model": "api.Token",
        "include_fields": ["user", "project", "name", "scopes", "expires_at", "revoked_at"],
    },
    {
        "model": "catalog.Collection",
        "include_fields": ["title", "description", "is_published", "owner", "cover"],
    },
    {"model": "notifications.Channel", "include_fields": ["user", "method", "name", "is_paused"]},
    {
        "model": "spending.Budget",
        "include_fields": [
            "scope",
            "project",
            "person",
            "token",
            "period",
            "begins_on",
            "ends_on",
            "limit",
            "ask_above",
            "informed",
            "ended_at",
        ],
        "m2m_fields": {"informed"},
    },
    {
        "model": "playground.ProjectKey",
        "include_fields": ["project", "key_id", "state", "made_by", "ended_at"],
    },
    {
        "model": "spending.SpendingRules",
        "include_fields": [
            "unknown",
            "assumed",
            "ceiling",
            "alarm_factor",
            "alarm_least",
            "holds_models",
        ],
    },
]
