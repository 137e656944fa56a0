"""Distributes runs among workers, and decides whose run is next."""
