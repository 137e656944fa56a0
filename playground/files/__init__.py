"""The files of runs, going in and coming out: known by their content, measured, made small."""
