"""Which worker works on which run, and whose run is next."""
