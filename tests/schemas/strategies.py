"""Hypothesis strategies: JSON, fal's schemas, values of a schema, broken documents."""

from typing import Any

from hypothesis import strategies as st

from schemas.document.openapi import as_dict, as_list, resolve

HOSTILE = [
    "", " ", "  two  ", "\n", "\nfirst", "last\n", "a\r\nb", "a\rb",
    "</textarea><script>alert(1)</script>", "\"'&<>", "&amp;", "😀 é ü", "\0", "\x0b", "\x85",
    "\u2028", "\ufeff", "\ud800", "null", "true", "5", "1.0", "~1", "~=", "a.b", "*", "on",
    "{{ x }}", "{% if %}", "x" * 300,
]  # fmt: skip
texts = st.one_of(st.text(max_size=12), st.sampled_from(HOSTILE))
numbers = st.one_of(
    st.integers(),
    st.sampled_from(
        [0, 1, -1, 2**63, 196619188014358660, 10**19, 10**400, 1.0, -0.0, 0.1, 1e22, 5e-324, 1.5]
    ),
    st.floats(allow_nan=False, allow_infinity=False),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
names = st.one_of(
    st.sampled_from(
        [
            "prompt",
            "image_url",
            "image_urls",
            "seed",
            "loras",
            "sync_mode",
            "a.b",
            "a~b",
            "",
            "csrfmiddlewaretoken",
            "0",
            "*",
            "x y",
            "ü",
            "\ud800",
            "<b>",
            "_charset_",
            "image_size",
            "mask_url",
        ]
    ),
    st.text(max_size=5),
)


def values(schema: Any, document: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that are valid or nearly valid for a schema, and sometimes any value at all."""
    flat, _ = resolve(document, schema)
    if depth > 4:
        return scalars
    exact: list[st.SearchStrategy[Any]] = []
    branches = [b for key in ("anyOf", "oneOf", "allOf") for b in as_list(flat.get(key))]
    if branches:
        exact += [values(branch, document, depth + 1) for branch in branches]
    if as_list(flat.get("enum")):
        exact.append(st.sampled_from(flat["enum"]))
    if "const" in flat:
        exact.append(st.just(flat["const"]))
    if "default" in flat:
        exact.append(st.just(flat["default"]))
    kinds = flat.get("type")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        exact += _of_kind(kind, flat, document, depth)
    if not exact:
        return json_values
    return st.one_of(*exact) if depth else exact[-1]


def set_of(required: Any) -> list[str]:
    """Return the names in a `required`, once each."""
    return list(dict.fromkeys(name for name in as_list(required) if isinstance(name, str)))


def _of_kind(kind: Any, flat: Any, document: Any, depth: int) -> list[st.SearchStrategy[Any]]:
    if kind == "string":
        return [] if flat.get("enum") else [texts]
    if kind == "integer":
        low, high = flat.get("minimum"), flat.get("maximum")
        is_plain = isinstance(low, int) and isinstance(high, int) and low <= high
        return [st.integers(low, high) if is_plain else st.integers()]
    if kind == "number":
        return [numbers]
    if kind == "boolean":
        return [st.booleans()]
    if kind == "null":
        return [st.none()]
    if kind == "array":
        items = flat.get("items", {})
        if places := as_list(flat.get("prefixItems")) or as_list(items):
            return [_places([values(place, document, depth + 1) for place in places])]
        return [st.lists(values(items, document, depth + 1), max_size=3)]
    if kind == "object":
        properties = as_dict(flat.get("properties"))
        of_properties = {
            name: values(inner, document, depth + 1) for name, inner in properties.items()
        }
        more = flat.get("additionalProperties")
        others = st.dictionaries(
            texts,
            values(more, document, depth + 1) if isinstance(more, dict) else scalars,
            max_size=2,
        )
        needed = {
            name: of_properties.pop(name)
            for name in set_of(flat.get("required"))
            if name in of_properties
        }
        some = st.fixed_dictionaries(needed, optional=of_properties)
        return [some, st.tuples(others, some).map(lambda pair: pair[0] | pair[1])]
    return []


def _places(parts: list[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Values of a tuple: mostly all, sometimes only the first few or one too many."""
    whole = st.tuples(*parts).map(list)
    return st.one_of(
        whole,
        whole,
        st.tuples(whole, st.integers(0, len(parts))).map(lambda pair: pair[0][: pair[1]]),
        st.tuples(whole, scalars).map(lambda pair: [*pair[0], pair[1]]),
    )


_titles = st.fixed_dictionaries(
    {},
    optional={
        "title": texts,
        "description": st.one_of(
            texts, st.sampled_from(["Whether to return data URI.", "<b>x</b> `y` [z](http://w)"])
        ),
        "examples": st.one_of(st.lists(scalars, max_size=2), scalars),
        "nullable": st.booleans(),
        "ui": st.one_of(
            json_values,
            st.fixed_dictionaries(
                {},
                optional={
                    "field": st.sampled_from(["image", "file", 5]),
                    "important": st.booleans(),
                    "hidden": st.booleans(),
                },
            ),
        ),
        "x-fal": st.one_of(
            json_values,
            st.dictionaries(st.sampled_from(["max_width", "max_file_size", "min_fps"]), numbers),
        ),
    },
)
_limits = st.fixed_dictionaries(
    {},
    optional={
        key: st.one_of(st.integers(-5, 50), numbers, scalars)
        for key in (
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "maxLength",
            "minItems",
        )
    },
)


def _merged(*parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(*parts).map(lambda merged: {k: v for part in merged for k, v in part.items()})


def _with_default(schema: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Half of the schemas get a default: often one of their own values, sometimes nonsense."""
    return schema.flatmap(
        lambda s: st.one_of(
            st.just(s), st.one_of(values(s, {}, 1), scalars).map(lambda v: s | {"default": v})
        )
    )


_leaves = _merged(
    st.one_of(
        st.sampled_from(
            [
                {"type": kind}
                for kind in (
                    "string",
                    "integer",
                    "number",
                    "boolean",
                    "null",
                    "array",
                    "object",
                    "x",
                )
            ]
        ),
        st.lists(st.one_of(texts, scalars), min_size=1, max_size=4).map(lambda v: {"enum": v}),
        st.lists(texts, min_size=1, max_size=4, unique=True).map(
            lambda v: {"type": "string", "enum": v}
        ),
        scalars.map(lambda v: {"const": v}),
        st.sampled_from(
            [
                {"type": "string", "format": "uri"},
                {"type": "string", "format": "date"},
                {"type": "string", "pattern": "^[a-z]+$"},
                {"type": "array"},
                {"type": ["integer", "string", "null"]},
                {"type": "object", "additionalProperties": True},
                {
                    "type": "object",
                    "title": "Image",
                    "properties": {"url": {"type": "string"}, "content_type": {"type": "string"}},
                },
            ]
        ),
        st.sampled_from(
            [
                {},
                {"$ref": "#/components/schemas/Gone"},
                {"$ref": "#/components/schemas/In"},
                {"type": ["string", "null"]},
            ]
        ),
    ),
    _titles,
    _limits,
)


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(names, inner, max_size=4)
    alternatives = st.lists(_object(properties), min_size=1, max_size=3)
    objects = _object(properties)
    return _with_default(
        _merged(
            st.one_of(
                objects,
                objects,
                alternatives.map(lambda s: {"oneOf": s}),
                st.tuples(objects, alternatives).map(lambda pair: pair[0] | {"anyOf": pair[1]}),
                inner.map(lambda s: {"type": "array", "items": s}),
                inner.map(lambda s: {"type": "object", "additionalProperties": s}),
                inner.map(lambda s: {"type": "object", "patternProperties": {"^[a-z]": s}}),
                st.lists(inner, min_size=1, max_size=3).map(
                    lambda s: {"type": "array", "prefixItems": s}
                ),
                st.lists(inner, min_size=1, max_size=3).map(
                    lambda s: {"type": "array", "items": s}
                ),
                st.lists(inner, min_size=1, max_size=3).map(lambda s: {"anyOf": s}),
                st.lists(inner, min_size=1, max_size=3).map(lambda s: {"oneOf": s}),
                inner.map(lambda s: {"allOf": [s]}),
                st.lists(inner, min_size=2, max_size=2).map(lambda s: {"allOf": s}),
                inner.map(lambda s: {"anyOf": [s, {"type": "null"}]}),
            ),
            _titles,
        )
    )


def _object(properties: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with these properties: some are required; some are open or have conditions."""
    return properties.flatmap(
        lambda named: st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.just(named)},
            optional={
                "required": st.lists(st.sampled_from([*named, "ghost"]), max_size=3),
                "x-fal-order-properties": st.lists(st.sampled_from([*named, "ghost"]), max_size=3),
                "additionalProperties": st.sampled_from([True, False, {"type": "integer"}]),
                "anyOf": st.just([{"required": [name]} for name in named] or [{}]),
                "if": st.just({"properties": {"ghost": {"const": 1}}}),
                "then": st.just(
                    {"properties": {"extra": {"type": "string"}}, "required": ["extra"]}
                ),
                "dependentRequired": st.just({"ghost": list(named)}),
            },
        )
    )


schemas = st.recursive(_with_default(_leaves), _around, max_leaves=8)
_plain_inputs = st.dictionaries(names, schemas, max_size=5).flatmap(
    lambda named: st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.just(named)},
        optional={
            "required": st.lists(st.sampled_from([*named, "ghost"]), max_size=4),
            "additionalProperties": st.sampled_from([True, False, {"type": "string"}]),
        },
    )
)
inputs = st.one_of(
    _plain_inputs,
    _plain_inputs,
    _plain_inputs,
    st.lists(_plain_inputs, min_size=1, max_size=3).map(
        lambda alternatives: {"anyOf": alternatives}
    ),
    st.tuples(_plain_inputs, _plain_inputs).map(lambda pair: {"allOf": list(pair)}),
    schemas.map(lambda schema: {"type": "object", "additionalProperties": schema}),
)


def document(schema: Any) -> dict[str, Any]:
    """Return a whole document whose input is `schema` (`#/components/schemas/In`)."""
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}}}
    return {
        "openapi": "3.0.4",
        "components": {"schemas": {"In": schema}},
        "paths": {"/a/b": {"post": {"requestBody": body}}},
    }


def arguments(schema: Any, inside: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Objects for an input: own properties with their own or any values, and unknown keys."""
    flat, _ = resolve(inside, schema)
    declared = as_dict(flat.get("properties"))
    loose = st.dictionaries(
        st.sampled_from(sorted(declared)) if declared else names, json_values, max_size=3
    )
    needed = {
        name: values(declared[name], inside, 1)
        for name in set_of(flat.get("required"))
        if name in declared
    }
    loose = st.tuples(st.fixed_dictionaries(needed), loose).map(lambda pair: pair[0] | pair[1])
    own = values(flat, inside).filter(lambda value: isinstance(value, dict))
    return st.one_of(own, own, loose) if flat.get("type") == "object" or declared else loose


schemas_with_arguments = inputs.flatmap(
    lambda schema: st.tuples(st.just(document(schema)), arguments(schema, document(schema)))
)
