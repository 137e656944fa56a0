"""Files of runs: content types, uploads, inputs, previews and storage limits."""
