"""The budget of an assistant that calls over HTTP: its token's session, in the database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from api import charges
from api.assistants.in_process import InProcess
from api.spending import Charge


class TokenBudget:
    """A `Budget` of the token `secret`, shared by all calls with it in all processes."""

    def __init__(self, caller: InProcess, secret: str, cap: Decimal) -> None:
        self._caller = caller
        self._secret = secret
        self._cap = cap

    async def left(self) -> Decimal:
        """Return what the session may still spend."""
        return await sync_to_async(self._left)()

    def _left(self) -> Decimal:
        close_old_connections()  # no request does so in this thread
        return charges.left_of(self._secret, self._cap)

    async def start(self, amount: Decimal, path: str, body: Any, project: str = "") -> Any:
        """Post to an operation that may cost `amount`; raises Refused, also for the cap.

        The API counts the amount in the transaction that starts the run.
        """
        paying = self._caller.charging(Charge(amount, self._cap))
        return await paying.call("POST", path, body, project=project or None)
