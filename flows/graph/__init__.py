"""fal's workflow definitions as a graph: read, check, write, lay out, draw. Pure, no Django.

graph = reading.load(text)              # a definition in either dialect
found = checks.problems(graph)          # what is wrong with it, with the node
text = writing.dumps(graph, "A")        # the definition, unchanged or in the other dialect
picture = svg.draw(graph, faces)        # an SVG with a box for each node
document = openapi.document(graph, id)  # the OpenAPI document from which its form is made

The rules are those of protocol, section 15.
"""
