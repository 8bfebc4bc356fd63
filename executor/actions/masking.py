"""Replaces secrets in a stream of bytes.

A secret that is cut by the border of two chunks is found as well: what may be the beginning of
one is held back until the next chunk decides.
"""

import re

MASK = b"***"


class Mask:
    """A filter for one stream; with no secrets it hands everything on as it is."""

    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self._secrets: tuple[bytes, ...] = ()
        self._held = b""
        self.has_masked = False
        if secrets:
            ordered = sorted({secret for secret in secrets if secret}, key=lambda s: (-len(s), s))
            self._secrets = tuple(ordered)
            self._pattern = re.compile(b"|".join(re.escape(secret) for secret in ordered))

    def feed(self, data: bytes) -> bytes:
        """Return what may be shown of `data` and of what was held back before it."""
        if not self._secrets:
            return data
        text = self._held + data
        return self._masked(text, self._undecided(text))

    def finish(self) -> bytes:
        """Return what is still held back at the end of the stream."""
        return self._masked(self._held, len(self._held)) if self._held else b""

    def _masked(self, text: bytes, limit: int) -> bytes:
        """Mask the secrets that start before `limit` and hold back the rest."""
        pieces: list[bytes] = []
        position = 0
        for match in self._pattern.finditer(text):
            if match.start() >= limit:
                break
            pieces += (text[position : match.start()], MASK)
            position = match.end()
            self.has_masked = True
        cut = max(position, limit)
        self._held = text[cut:]
        return b"".join((*pieces, text[position:cut]))

    def _undecided(self, text: bytes) -> int:
        """Return where the first secret may start that this text breaks off in."""
        longest = len(self._secrets[0])
        for start in range(max(0, len(text) - longest + 1), len(text)):
            tail = text[start:]
            if any(len(s) > len(tail) and s.startswith(tail) for s in self._secrets):
                return start
        return len(text)
