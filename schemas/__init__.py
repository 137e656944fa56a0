"""OpenAPI document → Field tree → form controls → JSON arguments; output JSON → artifacts.

Pure functions: no I/O, no Django.

found = contract(document, endpoint_id)      # openapi: the input and output schemas
root = build(found)                          # field_tree: the input schema as a Field tree
node = draw(root, arguments)                 # drawing: what each control shows
parsed = decode_post(root, post)             # decode: a form post → arguments
post = encode_arguments(root, arguments)     # encode: arguments → a form post

Further modules: `validation` (on `openapi_compat` and `bounded_validator`) checks arguments,
`diff` and `diff_lines` compare two versions of a document, `migrate_arguments` adapts arguments to
a newer version, `capabilities` derives search facts, `snippets` and `tables` document an endpoint,
`artifacts` finds the files and texts in an output, `estimate` what a run will cost.
"""

from schemas.controls import apply, with_uploads
from schemas.decode import Parsed, Problem, decode_post
from schemas.drawing import Node, Row, draw
from schemas.encode import encode_arguments
from schemas.field_tree import build
from schemas.fields import MISSING, Field, Option, find
from schemas.openapi import Contract, contract

__all__ = [
    "MISSING",
    "Contract",
    "Field",
    "Node",
    "Option",
    "Parsed",
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
