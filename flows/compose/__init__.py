"""Building a flow: its definition, what fits where, its form, import and export."""
