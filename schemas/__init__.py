"""OpenAPI document → Field tree → form controls → JSON, and output JSON → artifacts. Pure: no I/O, no Django.

found = contract(document, endpoint_id)      # openapi: where input and output stand
root = build(found)                          # building: the Field tree
node = draw(root, arguments)                 # drawing: what each control shows
parsed = parse(root, post)                   # reading: what a browser posts → arguments
"""

from schemas.building import build
from schemas.controls import apply, with_uploads
from schemas.drawing import Node, Row, draw
from schemas.fields import MISSING, Field, Option, find
from schemas.openapi import Contract, contract
from schemas.reading import Parsed, Problem, parse
from schemas.writing import write

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
    "draw",
    "find",
    "parse",
    "with_uploads",
    "write",
]
