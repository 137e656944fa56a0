"""The measured price list: what models really cost, from the runs of this house."""
