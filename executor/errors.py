"""Refusals: what a caller asked for cannot be done, and nothing was changed."""

from msgspec import Struct

from treadle.plan.catalogue import BY_CODE, message


class Reason(Struct, frozen=True, kw_only=True):
    """One reason of a refusal, with the input it is about where there is one."""

    code: str
    message: str
    hint: str | None = None
    field: str | None = None


class Refused(Exception):
    """A request was refused before anything was written.

    `reasons` holds every reason, at least one, each with its code.
    """

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("; ".join(reason.message for reason in reasons))
        self.reasons = reasons

    @staticmethod
    def because(code: str, *, hint: str | None = None, **fields: object) -> "Refused":
        """Return a refusal with one reason out of the catalogue."""
        known = BY_CODE[code].hint
        return Refused(
            Reason(
                code=code,
                message=message(code, **fields),
                hint=hint if hint is not None or known is None else known.format(**fields),
            )
        )
