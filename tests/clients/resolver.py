"""Answers DNS only for Vitrine's names, and records all other queries."""

import socket
import struct
import threading
from collections.abc import Collection

_A, _NXDOMAIN, _ANSWER = 1, 0x8183, 0x8180


class Resolver:
    """Answers on port 53 of a loopback address. Each client has its own, which tells who asked."""

    def __init__(self, address: str, names: Collection[str]) -> None:
        self.elsewhere: list[str] = []
        self._names = names
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            question, sender = self._socket.recvfrom(4096)
            self._socket.sendto(self._answer(question), sender)

    def _answer(self, query: bytes) -> bytes:
        labels, at = [], 12
        while length := query[at]:
            labels.append(query[at + 1 : at + 1 + length].decode(errors="replace"))
            at += length + 1
        question, kind = query[12 : at + 5], struct.unpack(">H", query[at + 1 : at + 3])[0]
        name = ".".join(labels).lower()
        is_ours = name in self._names
        if not is_ours:
            self.elsewhere.append(name)
        count = int(is_ours and kind == _A)
        flags = _ANSWER if is_ours else _NXDOMAIN
        head = query[:2] + struct.pack(">HHHHH", flags, 1, count, 0, 0)
        record = b"\xc0\x0c" + struct.pack(">HHIH", _A, 1, 60, 4) + bytes([127, 0, 0, 1])
        return head + question + record * count
