"""Forms: an invitation, a new account, and the choice of the person who takes over work."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from accounts import roles
from accounts.roles import Role
from accounts.sign_in import local_owner
from core.db.name_order import by_name
from core.http.parameters import parse_key
from house import invitations, sign_up
from projects.models import Membership, Project

if TYPE_CHECKING:
    from django.http import QueryDict

LIFETIMES = [("1", "A day"), ("7", "A week"), ("30", "30 days"), ("90", "90 days")]
DEFAULT_LIFETIME = "7"
MOST_ROWS = 30
MOST_USES = 10_000
E_MAIL = "That is not an e-mail address, such as ana@example.com."


class ProjectRow(NamedTuple):
    """A line of the form: the chosen project's key, and the role in it."""

    project: str
    role: str


class InvitationForm(forms.Form):
    """An invitation: role, projects, e-mail address, days, and number of uses."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.MEMBER)
    email = forms.EmailField(
        label="E-mail address",
        required=False,
        max_length=254,
        error_messages={"invalid": E_MAIL},
        help_text="Leave empty to let anybody use the link.",
    )
    days = forms.ChoiceField(label="Valid for", choices=LIFETIMES, initial=DEFAULT_LIFETIME)
    max_uses = forms.IntegerField(
        label="People who may use it",
        required=False,
        min_value=1,
        max_value=MOST_USES,
        initial=1,
        help_text="Leave empty for any number, as long as the link is valid.",
    )

    def __init__(self, by: User, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.by = by
        self.offered = list(invitations.projects_to_offer(by))
        self.project_error = ""
        posted_rows: Iterable[tuple[str, str]] = ()
        if data is not None:
            posted_columns = data.getlist("project"), data.getlist("project_role")
            posted_rows = zip(*posted_columns, strict=False)
        filled = [ProjectRow(*row) for row in posted_rows if row[0]][:MOST_ROWS]
        self.rows = [*filled, ProjectRow("", Membership.Role.MAKER)]
        self.choices = [(str(project.pk), project.name) for project in self.offered]
        if not self._is_admin():
            self.fields["role"].choices = Role.choices[:-1]  # type: ignore[attr-defined]

    def _is_admin(self) -> bool:
        return roles.admins().filter(pk=self.by.pk).exists()

    def clean_email(self) -> str:
        """Reject the address of an account: its owner is, or was, in the house."""
        email = str(self.cleaned_data["email"])
        account = sign_up.account_with(email)
        if account and not account.is_active:
            raise ValidationError(
                f"{account.get_username()} had this address and has left. "
                "Let them back in on their page.",
                code="former",
            )
        if account:
            raise ValidationError(
                f"{account.get_username()} has an account with this address. "
                "Change the role or the projects on their page, or give them a link for everybody.",
                code="known",
            )
        return email

    def clean(self) -> dict[str, Any]:
        """Check the projects; they are any number of lines, and not Django fields."""
        cleaned = super().clean() or self.cleaned_data
        offered = {str(project.pk): project for project in self.offered}
        role_by_project: dict[str, tuple[Project, str]] = {}
        for row in self.rows:
            if not row.project:
                continue
            if row.project not in offered or row.role not in Membership.Role.values:
                self.project_error = "Choose existing projects, and a role in each."
            elif row.project in role_by_project:
                self.project_error = f"“{offered[row.project]}” is there twice. Keep one of them."
            else:
                role_by_project[row.project] = (offered[row.project], row.role)
        if self.project_error:
            self.add_error(None, ValidationError(self.project_error, code="projects"))
        cleaned["projects"] = list(role_by_project.values())
        return cleaned

    @property
    def wanted(self) -> invitations.InvitationValues:
        """The values of a valid form."""
        values = self.cleaned_data
        return invitations.InvitationValues(
            Role(values["role"]),
            values["projects"],
            values["email"],
            int(values["days"]),
            values["max_uses"],
        )


class SignUpForm(forms.Form):
    """A new account: name, e-mail address, password."""

    username = forms.CharField(
        label="Name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput({"autocomplete": "username"}),
        help_text="You log in with this name, and colleagues see it. Letters, digits and @ . + - _",
        error_messages={"required": "Choose a name."},
    )
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={"required": "Enter your e-mail address.", "invalid": E_MAIL},
    )
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="At least 8 characters.",
        error_messages={"required": "Choose a password."},
    )

    def __init__(self, email: str, data: QueryDict | None = None) -> None:
        """Create the form; the account gets the invitation's `email`, if there is one."""
        super().__init__(data)
        if email:
            self.fields["email"].disabled = True  # a posted value is ignored
            self.fields["email"].initial = email

    def clean_username(self) -> str:
        """Reject a name that is taken, ignoring case."""
        name = unicodedata.normalize("NFKC", self.cleaned_data["username"])
        if local_owner.is_name_taken(name):
            raise ValidationError("Somebody else has this name. Choose another one.", code="taken")
        return name

    def clean_email(self) -> str:
        """Reject the address of an account."""
        email = str(self.cleaned_data["email"])
        if sentence := sign_up.why_taken(email):
            raise ValidationError(sentence, code="taken")
        return email

    def clean(self) -> dict[str, Any]:
        """Check the password by Django's validators, against the name and the address too."""
        cleaned = super().clean() or self.cleaned_data
        if password := cleaned.get("password"):
            email = cleaned.get("email", "")
            person = User(username=cleaned.get("username", ""), email=email)
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


def person_of(key: str | None) -> User | None:
    """Return the active account with a posted key, or None."""
    return User.objects.filter(pk=parse_key(key) or 0, is_active=True).first()


def others(person: User) -> Sequence[User]:
    """Return the people who may get a person's work: all other active accounts, by name."""
    return list(
        User.objects.filter(is_active=True)
        .exclude(pk=person.pk)
        .order_by(by_name("username"), "pk")
    )
