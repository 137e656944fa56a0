"""The keys that a sandbox takes, and how often each was used."""

import hmac
from collections import Counter

FURTHER = ":sandbox"  # any further key ends so: to try keys of projects without an account


class Keys:
    """The account's own key and any further ones, except those that were withdrawn.

    They all belong to one account: each may ask about what another one has sent.
    """

    def __init__(self, own: str) -> None:
        self._own = own
        self.withdrawn: set[str] = set()
        self.calls: Counter[tuple[str, str]] = Counter()  # by key id and kind of call

    def know(self, key: str) -> bool:
        """Whether `key` is good."""
        is_own = hmac.compare_digest(key.encode(), self._own.encode())
        is_further = key.endswith(FURTHER) and len(key) > len(FURTHER)
        return (is_own or is_further) and key not in self.withdrawn

    def count(self, key: str, kind: str) -> None:
        """Count a call of a kind with a key."""
        self.calls[key.partition(":")[0], kind] += 1
