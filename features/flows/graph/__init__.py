"""Reads and checks fal's workflow definitions as graphs. Pure, without Django.

graph = reading.load(text)              # a definition in either dialect
found = checks.problems(graph)          # what is wrong with it, with the node
document = openapi.document(graph, id)  # the OpenAPI document from which its form is made

The rules are those of protocol, section 15.
"""
