"""The declaration of an API operation: its path, parameters, body, responses and handler.

The same declaration routes a request, validates it, and describes it in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from jsonschema import Draft202012Validator

from api.models import Token
from api.reach import Reach
from runs.files.result_names import Namer
from runs.models import LedgerEntry

Schema = Mapping[str, Any]
JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Parameter:
    """A parameter of the path, the query or a header; `schema` is its JSON Schema.

    `converter` is Django's path converter, for a part of the path.
    """

    name: str
    schema: Schema
    description: str
    where: str = "query"
    converter: str = ""

    @cached_property
    def validator(self) -> Draft202012Validator:
        """Return the validator of its value, which also checks the format."""
        checker = Draft202012Validator.FORMAT_CHECKER
        return Draft202012Validator(self.schema, format_checker=checker)


@dataclass(frozen=True)
class Body:
    """A request's body: JSON of a component, or a form with files.

    `formerly` are earlier names of properties, which are still accepted.
    """

    component: str
    content_type: str = JSON
    is_required: bool = True
    formerly: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """A successful response: a component as JSON, or no content."""

    status: int
    description: str
    component: str = ""


@dataclass(frozen=True)
class Call:
    """One validated request to an operation: the token, the parameters and the body.

    `reach` has the projects that it sees, and the one in which it starts runs. `reserved` is the
    ledger's reservation for an assistant's call until its run is known.
    """

    request: HttpRequest
    token: Token
    values: Mapping[str, Any]
    reach: Reach
    body: Any = None
    reserved: LedgerEntry | None = None

    @property
    def user(self) -> User:
        """Return the calling user."""
        person: User = self.token.user
        return person

    @cached_property
    def namer(self) -> Namer:
        """Return the namer of files by the user's template."""
        return Namer(self.user)

    def absolute(self, address: str) -> str:
        """Return one of our paths as an absolute URL; other addresses unchanged."""
        return f"{self._origin}{address}" if address.startswith("/") else address

    @cached_property
    def _origin(self) -> str:
        return self.request.build_absolute_uri("/").removesuffix("/")


@dataclass(frozen=True)
class Reply:
    """A handler's return value: JSON for the body (None: no content), and headers."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Reply | HttpResponseBase]


@dataclass(frozen=True)
class Operation:
    """One method of one path. `errors` are the statuses that it returns besides the usual ones."""

    method: str
    path: str
    scope: str
    tag: str
    summary: str
    description: str
    handle: Handler
    limit: str
    parameters: Sequence[Parameter] = ()
    body: Body | None = None
    responses: Sequence[Response] = ()
    errors: Sequence[int] = ()

    @property
    def id(self) -> str:
        """Return its name, unique in the document."""
        return self.handle.__name__

    @property
    def route(self) -> str:
        """Return its path as a Django route."""
        route = self.path.removeprefix("/")
        for parameter in self.parameters:
            if parameter.where == "path":
                route = route.replace(
                    f"{{{parameter.name}}}", f"<{parameter.converter}:{parameter.name}>"
                )
        return route


OPERATIONS: list[Operation] = []


def operation(
    method: str, path: str, *, scope: str, tag: str, limit: str = "", **more: Any
) -> Callable[[Handler], Handler]:
    """Declare a handler as an operation; its docstring is summary and description."""

    def declare(handle: Handler) -> Handler:
        summary, _, details = (handle.__doc__ or "").strip().partition("\n")
        description = " ".join(details.split())
        OPERATIONS.append(
            Operation(
                method=method,
                path=path,
                scope=scope,
                tag=tag,
                summary=summary,
                description=description,
                handle=handle,
                limit=limit or ("read" if method == "GET" else "write"),
                **more,
            )
        )
        return handle

    return declare
