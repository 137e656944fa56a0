"""OpenAPI document → Field tree → form controls → JSON arguments; output JSON → artifacts.

Pure functions: no I/O, no Django.

parsed = contract(document, endpoint_id)     # document/openapi: the input and output schemas
root = build(parsed)                         # fields/field_tree: the input schema as a Field tree
node = draw(root, arguments)                 # form/drawing: what each control shows
parsed = decode_post(root, post)             # form/decode: a form post → arguments
post = encode_arguments(root, arguments)     # form/encode: arguments → a form post

`validation/` checks arguments, `changes/` compares two versions of a document and migrates
arguments to the newer, `facts/` derives search facts, `reference/` documents an endpoint,
`estimate/` computes what a run will cost, `carry/` moves arguments to another model, `uses/` finds
the fields that take a result, `artifacts` the files and texts in an output. `wording/` has labels.
`meanings` says what a field means and what a model does, by the words in `vocabulary.toml`.
"""

from schemas.document.openapi import Contract, contract
from schemas.fields.field import MISSING, Field, Option, find
from schemas.fields.field_tree import build
from schemas.form.decode import DecodedPost, Problem, decode_post
from schemas.form.drawing import Node, Row, draw
from schemas.form.edits import apply, with_uploads
from schemas.form.encode import encode_arguments

__all__ = [
    "MISSING",
    "Contract",
    "DecodedPost",
    "Field",
    "Node",
    "Option",
    "Problem",
    "Row",
    "apply",
    "build",
    "contract",
    "decode_post",
    "draw",
    "encode_arguments",
    "find",
    "with_uploads",
]
