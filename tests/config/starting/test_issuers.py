"""Issuers in the environment: each mistake in their variables is reported in one sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.starting import issuers

SECRET = "a-secret-of-the-tests"
ACME = {
    "OIDC_ISSUER": "https://login.acme.example/",
    "OIDC_CLIENT_ID": "vitrine",
    "OIDC_CLIENT_SECRET": SECRET,
}
SECOND = {
    "OIDC_ISSUER_2": "https://id.other.example/realms/main",
    "OIDC_NAME_2": "Other",
    "OIDC_CLIENT_ID_2": "v2",
    "OIDC_CLIENT_SECRET_2": "s2",
}


def read(**variables: str) -> dict[str, object]:
    """Return the settings of the issuers in an environment."""
    return issuers.read(lambda name: variables.get(name, ""))


def test_nothing_is_set_by_default():
    assert read() == {}


def test_several_issuers():
    github = {"GITHUB_CLIENT_ID": "g", "GITHUB_CLIENT_SECRET": "h"}
    google = {"GOOGLE_CLIENT_ID": "i", "GOOGLE_CLIENT_SECRET": "j"}
    providers = issuers.read(lambda name: {**ACME, **SECOND, **github, **google}.get(name, ""))
    apps = [*providers["openid_connect"]["APPS"], *providers["github"]["APPS"]]
    assert [(app["name"], app["settings"]["slug"], app["provider_id"]) for app in apps] == [
        ("login.acme.example", "oidc", "https://login.acme.example"),
        ("Other", "oidc-2", "https://id.other.example/realms/main"),
        ("Google", "google", "https://accounts.google.com"),
        ("GitHub", "github", "https://github.com"),
    ]
    assert [app["secret"] for app in apps] == [SECRET, "s2", "j", "h"]


def test_claims_are_mapped():
    providers = issuers.read(
        lambda name: {
            **ACME,
            "OIDC_SCOPES": "openid email groups",
            "OIDC_ROLE_CLAIM": "groups",
            "OIDC_ROLES": "it=admin, a=b=curator",
            "OIDC_PROJECTS_CLAIM": "groups",
            "OIDC_PROJECTS": '{"CN=it,DC=acme": "spring:maker autumn:viewer"}',
        }.get(name, "")
    )
    settings = providers["openid_connect"]["APPS"][0]["settings"]
    assert settings["scope"] == ["openid", "email", "groups"]
    assert settings["role_by_value"] == {"it": "admin", "a=b": "curator"}
    assert settings["projects_by_value"] == {"CN=it,DC=acme": "spring:maker autumn:viewer"}


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"OIDC_NAME": "Acme"}, "OIDC_NAME is set, but OIDC_ISSUER is missing."),
        ({**ACME, "OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID is missing"),
        ({**ACME, "OIDC_ISSUER": "http://login.acme.example"}, "OIDC_ISSUER must begin with https"),
        ({**ACME, "OIDC_ISSUER": "https://u:p@acme.example"}, "the issuer's address alone"),
        ({**ACME, **SECOND, "OIDC_ISSUER_2": "https://login.acme.example"}, "is set twice"),
        ({**ACME, "OIDC_SCOPES": "email"}, "OIDC_SCOPES must contain openid"),
        ({**ACME, "OIDC_ROLE_CLAIM": "groups"}, "OIDC_ROLES is missing"),
        ({**ACME, "OIDC_ROLE_CLAIM": "g", "OIDC_ROLES": "it=boss"}, "member, curator, admin"),
        ({**ACME, "OIDC_ROLE_CLAIM": "g", "OIDC_ROLES": "{]"}, "OIDC_ROLES must be a JSON object"),
        ({**ACME, "OIDC_PROJECTS_CLAIM": "g", "OIDC_PROJECTS": "a=s:boss"}, "viewer, maker"),
        ({"GITHUB_CLIENT_ID": "x"}, "GITHUB_CLIENT_SECRET is missing"),
    ],
)
def test_wrong_settings_stop_the_start(variables, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence) as error:
        read(**variables)
    assert SECRET not in str(error.value)


def test_domains():
    assert issuers.read_domains(" Example.com, acme.co.uk ") == ["example.com", "acme.co.uk"]
    assert issuers.read_domains("") == []
    for wrong in ("ana@example.com", "*", "example", ".com", "https://example.com"):
        with pytest.raises(ImproperlyConfigured, match="SIGN_UP_DOMAINS must list domains"):
            issuers.read_domains(wrong)
