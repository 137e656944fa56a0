"""Template tags for icons, money, durations, sizes, relative times and models' capabilities."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.utils import timezone
from django.utils.html import format_html, linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe

from catalog.display.card_facts import card_facts
from catalog.display.evidence import evidence as known
from catalog.filters.labels import Group, summarize
from catalog.locks import Locks
from catalog.model_records import ModelRecords
from catalog.models import Endpoint
from catalog.pricing import TypicalPrice, current_price, price_note, shown_price
from catalog.search.query import Query
from core.formatting import category_name, counted, duration, money, shorten, size, unit
from core.http import posts
from core.resource import RESOURCES, UNDO
from schemas.estimate.wording import about, label_for_pages

_SYMBOL = re.compile(r'<symbol id="([a-z-]+)" viewBox="([\d ]+)">(.*)</symbol>')
_REL = ' rel="nofollow"'
register = template.Library()
ON_A_CARD = 68  # characters of a description


def linked(text: str) -> SafeString:
    """Return the text as HTML paragraphs; robots do not follow its links, which have no opener.

    In an escaped text, only Django can have written `rel="nofollow"` with plain quotes.
    """
    escaped = urlize(text, nofollow=True, autoescape=True)
    safe = escaped.replace(_REL, ' rel="nofollow noopener noreferrer ugc"')
    return mark_safe(linebreaks(safe))  # noqa: S308  escaped by `urlize`


for function in (money, about, unit, duration, size, category_name, counted, linked):
    register.filter(function)
register.filter("price", lambda endpoint: label_for_pages(current_price(endpoint)))
register.filter("paid", lambda amount: label_for_pages(money(amount)))
register.filter(price_note)


@register.simple_tag(takes_context=True)
def typical_price(context: template.Context, endpoint: Any) -> TypicalPrice:
    """Return the price of a typical run, of the length that the page's query requests."""
    asked_query = context.get("asked_query")
    return shown_price(endpoint, asked_query.seconds if asked_query else None)


@register.simple_tag(takes_context=True)
def facts_on_card(context: template.Context, endpoint: Endpoint) -> list[str]:
    """Return what a card says in its last line; `asked_query` is that of a page of results."""
    return card_facts(endpoint, context.get("asked_query") or Query())


@register.filter
def named(endpoint: Endpoint, lead: Endpoint | None = None) -> SafeString:
    """Draw a model's name; what tells its variants apart follows in grey, alone below a `lead`."""
    model, variant = endpoint.in_parts
    if variant and lead and model == lead.in_parts[0]:
        return format_html("{}", f"{variant[:1].upper()}{variant[1:]}")
    return format_html('{} <small class="muted">{}</small>' if variant else "{}", model, variant)


@register.simple_tag
def evidence(endpoint: Endpoint, records: ModelRecords, has_price: bool = True) -> str:
    """What speaks for a model that is proposed: its price, its time and its record."""
    return " · ".join(known(endpoint, records, has_price=has_price))


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon, hidden from screen readers: the text beside it names it."""
    return icons()[name]


@register.simple_tag(takes_context=True)
def press_token(context: template.Context) -> SafeString:
    """Render the token of a button that starts runs, by which a repeated press is recognized.

    In a fragment that is rendered once for all pages it is empty: `csrf.js` draws it then.
    """
    token = posts.new_token() if context.get("csrf_token") else ""
    return format_html('<input type="hidden" name="{}" value="{}">', posts.DRAWN, token)


@register.filter
def shortened(text: Any, length: int = ON_A_CARD) -> str:
    """The beginning of a text, cut between words."""
    return shorten(str(text), length)


@register.filter
def reason(locks: Locks, key: int) -> str:
    """Why rules lock the endpoint with this primary key; empty if they do not."""
    return locks.reasons.get(key, "")


@register.filter
def line(records: ModelRecords | str, key: int) -> str:
    """What the endpoint with this primary key has been worth, in a line; empty if nobody knows."""
    record = records.shown.get(key) if isinstance(records, ModelRecords) else None
    return record.line if record else ""


@register.simple_block_tag(end_name="endempty_state")
def empty_state(content: SafeString, title: str) -> SafeString:
    """Draw an empty state: what is not there, and what to do about it."""
    return format_html('<div class="empty"><h2>{}</h2><p>{}</p></div>', title, content)


@register.inclusion_tag("_fact.html")
def fact(label: str, value: Any, is_bad: bool = False) -> dict[str, Any]:
    """Draw a label with its value in a `<dl>`."""
    return {"label": label, "value": value, "is_bad": is_bad}


@register.inclusion_tag("_table_head.html")
def table_head(columns: str) -> dict[str, Any]:
    """Draw the head of a table; `columns` has their names with commas between them."""
    return {"columns": columns.split(",")}


@register.filter
def ago(moment: datetime | None) -> str | SafeString:
    """A `<time>` that says how long ago, with the exact moment in its title."""
    if moment is None:
        return ""
    seconds = (timezone.now() - moment).total_seconds()
    for limit, divisor, word in (
        (60, 1, ""),
        (3600, 60, "min"),
        (86400, 3600, "h"),
        (86400 * 30, 86400, "d"),
    ):
        if seconds < limit:
            text = f"{int(seconds // divisor)} {word} ago" if word else "just now"
            break
    else:
        text = f"{timezone.localtime(moment):%-d %b %Y}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}",
        text,
    )


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's query string with some keys replaced; `None` removes a key."""
    values = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return f"?{values.urlencode()}"


@register.inclusion_tag("core/_undo.html", takes_context=True)
def undo(context: template.Context, slug: str = "", key: Any = None) -> dict[str, Any]:
    """Render the notice that a row was deleted, with a button that restores it.

    The row is that of the page's address (`?undo=prompt/<key>`), which `base.html` shows; where
    the address has none, that of a slug and key.
    """
    request = context.get("request")
    in_address = request.GET.get(UNDO, "") if request else ""
    if not slug:
        slug, _, key = in_address.rpartition("/")
    elif in_address:
        key = None  # `base.html` shows that of the address
    resource = RESOURCES.get(slug) if key else None
    return {"resource": resource, "key": key}


@cache
def icons() -> dict[str, SafeString]:
    """Return the markup of every icon by its name.

    Icons are inline because a browser draws a `<use>` of another file one frame after the button
    around it, and then styles and lays out that part of the page a second time.
    """
    source = Path(str(finders.find("icons.svg"))).read_text()
    return {
        name: mark_safe(  # noqa: S308  our own file
            f'<svg class="icon" data-icon="{name}" viewBox="{view_box}" aria-hidden="true">'
            f"{shapes}</svg>"
        )
        for name, view_box, shapes in _SYMBOL.findall(source)
    }


@register.filter
def abilities(endpoint: Endpoint) -> list[Group]:
    """An endpoint's capabilities in groups, each with the search term for similar models."""
    facts = endpoint.facts if isinstance(endpoint.facts, list) else []
    return summarize(fact for fact in facts if isinstance(fact, str))
