"""The state of a model's form: its contents, and the arguments that a post encodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from catalog.filters.facts import facts_of_endpoint
from catalog.models import Endpoint, ListingEntry
from catalog.schema_versions import former_version as former_version
from catalog.schema_versions import version_of as version_of
from playground.form import json_view
from playground.form.html import rendering
from playground.form.html.summaries import is_content
from runs.files import artifact_urls
from runs.files.own_addresses import tidy_addresses
from runs.models import Run
from runs.promises import named_inputs
from runs.results import error_messages
from runs.start import transport_choices
from schemas import MISSING, Field, Problem
from schemas import draw as draw_nodes
from schemas.document.openapi import as_dict
from schemas.exact import dumps, identical, indented, loads
from schemas.fields.examples import example
from schemas.fields.paths import value_at
from schemas.form.decode import Path, decode_post, locate, segment
from schemas.form.encode import encode_arguments
from schemas.reference.snippets import Call, Upstream, file_field, offered
from schemas.reference.tables import input_rows, output_rows
from schemas.validation import Version

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    import fal
    from projects.models import Project
    from runs.promises.named_inputs import NamedInput

# Marks the form of a model with a house default as edited by the person, even if it is empty.
HOUSE = "~house"
# Marks a form that does not fit the current schema; the value is the version it was made for.
MADE_FOR = "~made-for"
# Marks a form that an app has filled in, as `<kind>:<key>`; handed to the app when it is run.
ORIGIN = "~origin"
MAX_ORIGINS = 8
# Values of an input: each takes a page a tenth of a millisecond and a kilobyte in controls of its
# own, a hundredth of that in the JSON view.
MOST_IN_CONTROLS, MOST_IN_JSON = 2000, 100_000
MAX_COMPLAINTS = 50  # on a page; the raw error is shown below them
MAX_PLACE_CHARS = 200
MAX_COMPLAINT_CHARS = 500
Post = dict[str, list[str]]


class ParsedForm(NamedTuple):
    """The arguments that a post encodes, and problems with values that cannot be parsed."""

    arguments: dict[str, Any]
    problems: list[Problem]


@dataclass(frozen=True)
class FormState:
    """What a form contains: its controls as a browser would post them, problems, and a notice."""

    post: Post
    notice: str = ""
    problems: list[Problem] = field(default_factory=list)
    undo: str = ""  # label of the button that restores the previous contents
    mend: str = ""  # the schema version it was made for, if a button can migrate it
    has_other_draft: bool = False  # of another tab; a button can show it
    house: str = ""  # name of the house default that fills the form
    fates: Sequence[tuple[str, str]] = ()  # outcomes of values from elsewhere: heading, names


def render(endpoint: Endpoint, post: Post, problems: list[Problem], query: str = "") -> SafeString:
    """Render the form's controls as HTML; `query` names the project in the addresses of buttons."""
    if json_view.is_json(post):
        problems = [json_view.with_path(problem) for problem in problems]
    node = draw_nodes(version_of(endpoint).root, post=post, problems=problems)
    made_by = artifact_urls.origins(text for texts in post.values() for text in texts)
    addresses = {
        name: reverse(f"playground:form-{name}", args=[endpoint.endpoint_id]) + query
        for name in rendering.ADDRESSES
    }
    packing = reverse("library:packing", args=[endpoint.endpoint_id])
    addresses[rendering.PACKING] = packing + query
    return rendering.render_form(node, reverse("playground:uploads"), made_by, addresses)


def parse_form(endpoint: Endpoint, post: Post) -> tuple[dict[str, Any], list[Problem]]:
    """Return the arguments that a post encodes, and all problems with them."""
    parsed = parse_form_leniently(endpoint, post)
    return parsed.arguments, find_problems(endpoint, parsed)


def find_problems(endpoint: Endpoint, parsed: ParsedForm) -> list[Problem]:
    """Return the problems of a parsed post: unparsable values, and violations of the schema."""
    version = version_of(endpoint)
    unread = [problem.path for problem in parsed.problems]
    schema_problems = [
        problem
        for problem in version.problems(parsed.arguments)
        if not any(
            _is_within(problem.path, path) or _is_within(path, problem.path) for path in unread
        )
    ]
    return [*parsed.problems, *schema_problems]


def _is_within(path: Path, outer_path: Path) -> bool:
    """Whether a path is at or below another."""
    return path[: len(outer_path)] == outer_path


def parse_form_leniently(
    endpoint: Endpoint, post: Post, version: Version | None = None
) -> ParsedForm:
    """Parse a post without validating it against the schema.

    `version` is the schema that the form was rendered from, if not the endpoint's current one.
    """
    if json_view.is_json(post) and (mistake := json_view.find_error(post)):
        return ParsedForm({}, [mistake])
    decoded = decode_post((version or version_of(endpoint)).root, post)
    return ParsedForm(tidy_addresses(decoded.arguments), decoded.problems)


def with_names(
    endpoint: Endpoint, parsed: ParsedForm, user: User, project: Project
) -> tuple[ParsedForm, Sequence[NamedInput]]:
    """Return a parsed post with names such as `@bottle` resolved, and what they stand for.

    Only what is sent is resolved: the form keeps the names.
    """
    resolved = named_inputs.resolver(user, project)(endpoint, parsed.arguments)
    return ParsedForm(resolved.arguments, [*parsed.problems, *resolved.problems]), resolved.named


@dataclass(frozen=True)
class FormContents:
    """The contents of a model's form; parsed once, at the first use."""

    endpoint: Endpoint
    post: Post

    @cached_property
    def parsed(self) -> ParsedForm:
        """Return the arguments, not validated against the schema."""
        return parse_form_leniently(self.endpoint, self.post)

    @cached_property
    def is_untouched(self) -> bool:
        """Whether it is equivalent to the form's initial state."""
        if not transport_choices.is_default(self.endpoint, self.post) or HOUSE in self.post:
            return False
        arguments, problems = self.parsed
        root = version_of(self.endpoint).root
        return not problems and identical(arguments, _empty_arguments(root))


def _empty_arguments(root: Field) -> dict[str, Any]:
    """Return the arguments of an empty form, decoded once for each schema."""
    arguments = _EMPTY_ARGUMENTS.get(root)
    if arguments is None:
        arguments = _EMPTY_ARGUMENTS[root] = decode_post(root, {}).arguments
    return arguments


_EMPTY_ARGUMENTS: WeakKeyDictionary[Field, dict[str, Any]] = WeakKeyDictionary()


def from_arguments(endpoint: Endpoint, arguments: Any) -> FormState:
    """Return a form filled with arguments; those unknown to the schema are kept as extras."""
    if not isinstance(arguments, dict):
        return FormState({}, "That input is not a JSON object, so it could not be filled in.")
    if _has_more_values(arguments, MOST_IN_JSON):
        notice = f"That input has more than {MOST_IN_JSON:,} values: too many for a form."
        return FormState({}, notice)
    if _has_more_values(arguments, MOST_IN_CONTROLS):
        notice = f"That input has more than {MOST_IN_CONTROLS:,} values, so it is shown as JSON."
        return FormState({"~mode": ["json"], "~json": [dumps(arguments, indent=None)]}, notice)
    return FormState(encode_arguments(version_of(endpoint).root, arguments))


def _has_more_values(arguments: Any, most: int) -> bool:
    """Whether there are more than `most` values in all objects and lists together."""
    waiting = [arguments]
    while waiting and most >= 0:
        value = waiting.pop()
        if isinstance(value, dict | list):
            most -= len(value)
            waiting += islice(value.values() if isinstance(value, dict) else value, max(most, 0))
    return most < 0


def checked(endpoint: Endpoint, filled: FormState, arguments: Any) -> FormState:
    """Return a form filled from elsewhere, with the problems of the given values at their fields.

    Missing values are no problem yet: the person has not had a chance to enter them.
    """
    version = version_of(endpoint)
    if not isinstance(arguments, dict):
        return filled
    wrong = [
        problem
        for problem in version.problems(arguments)
        if problem.path and value_at(arguments, problem.path) is not MISSING
    ]
    return replace(filled, problems=[*filled.problems, *wrong])


def from_text(endpoint: Endpoint, text: str) -> FormState:
    """Return a form filled from `?input=<JSON>`; unreadable text is shown in the JSON view."""
    as_json = {"~mode": ["json"], "~json": [text]}
    if mistake := json_view.find_error(as_json):
        notice = "The input in this address cannot be read. Here it is, for you to correct."
        return FormState(as_json, notice, [mistake])
    arguments = loads(text) if text.strip() else {}
    return checked(endpoint, from_arguments(endpoint, arguments), arguments)


def from_run(endpoint: Endpoint, run: Run) -> FormState:
    """Return a form filled as for a run, with upstream's objections at its fields (C31)."""
    filled = from_arguments(endpoint, run.arguments)
    sent_by = transport_choices.as_post(endpoint, run.transport, run.options)
    filled = replace(filled, post=filled.post | sent_by)
    if run.state != Run.State.FAILED:
        return filled
    is_about_it = as_dict(run.error).get("status") == HTTPStatus.UNPROCESSABLE_ENTITY
    reported = [Problem(problem.path, problem.message) for problem in located_problems(run)]
    return replace(
        filled, problems=[problem for problem in reported if problem.path or is_about_it]
    )


def located_problems(run: Run) -> list[fal.Problem]:
    """Return upstream's problems; one without a field gets that of the value that it refuses."""
    problems = error_messages.problems(run.error)
    if not any("input" in problem.ctx for problem in problems):
        return problems
    sent = run.sent_arguments or run.arguments
    return [
        problem._replace(path=problem.path or _path_of(problem.ctx.get("input"), sent))
        for problem in problems
    ]


def _path_of(value: Any, arguments: Any) -> tuple[str | int, ...]:
    """Return the path of the first equal value in JSON; empty if there is none."""
    is_list = isinstance(arguments, list)
    for key, child in enumerate(arguments) if is_list else as_dict(arguments).items():
        if identical(child, value):
            return (key,)
        if rest := _path_of(value, child):
            return (key, *rest)
    return ()


@dataclass(frozen=True)
class Complaint:
    """One objection by upstream to a run's input, and the id of the control that it concerns."""

    message: str
    place: str
    target: str


def complaints(run: Run) -> list[Complaint]:
    """Return upstream's objections, each with its field if it names one (protocol, 11.4)."""
    names = {}
    if isinstance(run.arguments, dict):
        root = version_of(run.endpoint).root
        names = decode_post(root, encode_arguments(root, run.arguments)).names
    objections = []
    for problem in located_problems(run)[:MAX_COMPLAINTS]:
        name, rest = locate(names, problem.path)
        place = " · ".join(str(part) for part in problem.path)[:MAX_PLACE_CHARS]
        message = Truncator(problem.message).chars(MAX_COMPLAINT_CHARS)
        objections.append(Complaint(message, place, f"f-{name}" if name and not rest else ""))
    return objections


def without_settings(endpoint: Endpoint, post: Post) -> Post:
    """Return a form's content (prompt, media) without its settings, which get their defaults."""
    root = version_of(endpoint).root
    content = {segment(child.name) for child in root.children if is_content(child)}
    return {
        name: texts
        for name, texts in post.items()
        if name == ORIGIN or name.partition(".")[0].partition("~")[0] in content
    }


def toggled_json(contents: FormContents, action: str) -> FormState:
    """Switch between form and JSON view; unparsable input stays as it is, with its problems."""
    endpoint, post = contents.endpoint, contents.post
    if json_view.is_json(post) == (action == "to-json"):
        return FormState(post)
    arguments, problems = contents.parsed
    if problems:
        return FormState(post, problems=problems)
    marks = {name: post[name] for name in (HOUSE, MADE_FOR, ORIGIN) if name in post}
    if action == "to-json":
        return FormState({**marks, "~mode": ["json"], "~json": [dumps(arguments)]})
    filled = FormState({**marks, **from_arguments(endpoint, arguments).post})
    # A form made for an older schema gets one notice about all misfits instead (`with_reminder`).
    return filled if MADE_FOR in marks else checked(endpoint, filled, arguments)


def example_link(endpoint: Endpoint) -> str:
    """Return the address of the page filled with the model's own example; empty without one."""
    has_one = example(version_of(endpoint).root)
    return f"{endpoint.get_absolute_url()}?example=own" if has_one else ""


def code_snippets(endpoint: Endpoint, post: Post, way_key: str) -> dict[str, Any]:
    """Return the API tab's context: code for the form's input, or for the model's example.

    A way to call the model that it does not offer is replaced by the first one.
    """
    version = version_of(endpoint)
    call = Call(
        endpoint.endpoint_id,
        decode_post(version.root, post).arguments or example(version.root),
        Upstream(settings.FAL_QUEUE_URL, settings.FAL_RUN_URL, settings.FAL_REST_URL),
        settings.PUBLIC_URL or f"http://127.0.0.1:{settings.PORT}",
        file_field(version.root),
    )
    ways = offered(facts_of_endpoint(endpoint), call.file)
    way = next((way for way in ways if way.key == way_key), ways[0])
    return {
        "ways": ways,
        "way": way,
        "snippets": call.direct(way),
        "vitrine_snippets": call.through_vitrine(way),
    }


def schema_tables(endpoint: Endpoint) -> dict[str, Any]:
    """Return the Schema tab's context."""
    version = version_of(endpoint)
    document = dumps(version.contract.document)
    entry = ListingEntry.objects.filter(endpoint=endpoint).values_list("text", flat=True).first()
    return {
        "inputs": input_rows(version.root),
        "outputs": output_rows(version.contract),
        "document": document if endpoint.schema_id else "",
        "entry": indented(entry) if entry else "",
    }


def outdated_digest(post: Post) -> str:
    """Return the older schema version that the form was made for; empty if all of it fits."""
    return (post.get(MADE_FOR) or [""])[-1][:64]


def origins(post: Post) -> list[str]:
    """Return the origins from which apps have filled in the form, each once, the latest ones."""
    return [*dict.fromkeys(text[:64] for text in post.get(ORIGIN, []))][-MAX_ORIGINS:]


def with_misfits(filled: FormState, notice: str, digest: str, *, is_mendable: bool) -> FormState:
    """Return the form with a notice of what does not fit, and a mark that its draft keeps."""
    post = filled.post | {MADE_FOR: [digest]}
    return replace(filled, post=post, notice=notice, mend=digest if is_mendable else "")
