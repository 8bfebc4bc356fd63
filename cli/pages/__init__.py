"""The page of each diagnostic: what it means, why it matters, an example, what to write instead.

Every code of the catalogue has one; docs/diagnostics.md is made of the same pages.
"""

from importlib.resources import files


def page(code: str) -> str | None:
    """Return the page of a code such as ``"TR304"`` as Markdown, None for an unknown code."""
    if not code.isalnum():
        return None
    found = files(__package__) / f"{code.lower()}.md"
    return found.read_text(encoding="utf-8") if found.is_file() else None
