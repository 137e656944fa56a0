"""Building a flow: its definition, compatible models, its form, import and export."""
