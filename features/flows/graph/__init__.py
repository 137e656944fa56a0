"""fal's workflow definitions as a graph: read and check. Pure, no Django.

graph = reading.load(text)              # a definition in either dialect
found = checks.problems(graph)          # what is wrong with it, with the node
document = openapi.document(graph, id)  # the OpenAPI document from which its form is made

The rules are those of protocol, section 15.
"""
