"""What is never used twice at an address, whatever makes its step run again.

The number of an attempt belongs to one attempt for ever. The idempotency key stays the same until
a final result is recorded; a step that is done and runs again all the same, because somebody went
back, does new work under a new key.
"""

from hashlib import sha256

from treadle.executor.state import Former, Occurrence, Phase, Run

_KEY_LENGTH = 32
_NOTHING = Former()


def next_attempt(run: Run, address: str) -> int:
    """Return the number of the next attempt at an address. Units: attempts count from 1."""
    known = run.occurrences.get(address)
    former = run.former.get(address, _NOTHING).attempts
    return max(former, known.attempts if known is not None else 0) + 1


def idempotency_key(run: Run, address: str) -> str:
    """Return what tells a program that it is asked for the same work again."""
    generation = run.former.get(address, _NOTHING).generation
    text = f"{run.id}\n{address}" + (f"\n{generation}" if generation else "")
    return sha256(text.encode()).hexdigest()[:_KEY_LENGTH]


def remembered(run: Run, occurrence: Occurrence) -> Former:
    """Return what is kept of an occurrence that is taken out of a run."""
    former = run.former.get(occurrence.address, _NOTHING)
    return Former(
        attempts=max(former.attempts, occurrence.attempts),
        generation=former.generation + (occurrence.phase is Phase.DONE),
    )
