"""Getting catalogs: fetched anew, out of the cache of the project, or out of it because of need.

Source: the cache of Spec Kit 1.2.3, which both programs share.
"""

import hashlib
import json
import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from treadle.library.catalog import MAX_BYTES, Catalog, put_together, read_catalog
from treadle.library.catalog_list import CatalogSource
from treadle.library.credentials import NO_CREDENTIALS, Credentials
from treadle.library.places import Places, read_file, write_file
from treadle.library.refusal import Refused
from treadle.library.web import fetch
from treadle.plan.problems import Problem

FRESH_S = 3600.0


class Shelf(Struct, frozen=True, kw_only=True):
    """How catalogs are got.

    Shapes: `now` is a clock of the time of day. `warn` is told of each catalog that cannot be had
    or is old. A catalog that was fetched within the hour will do, unless `is_fresh`.
    Units: seconds since 1970.
    """

    places: Places
    sources: tuple[CatalogSource, ...]
    now: Callable[[], float]
    warn: Callable[[Problem], None]
    is_fresh: bool = False
    credentials: Credentials = NO_CREDENTIALS

    def catalog(self) -> Catalog:
        """Return what all catalogs offer together.

        Errors: Refused with TR951, TR952 or TR961 when there is none that can be had.
        """
        found: list[Catalog] = []
        failures: list[Refused] = []
        for source in self.sources:
            try:
                found.append(self._catalog(source))
            except Refused as refused:
                failures.append(refused)
        if not found and failures:
            raise failures[0]
        for failure in failures:
            self.warn(failure.problem)
        return put_together(found, self.places.kind)

    def _catalog(self, source: CatalogSource) -> Catalog:
        if not self.is_fresh and self._age(source) < FRESH_S:
            kept = self._kept(source)
            if kept is not None:
                return kept
        try:
            content = fetch(source.url, limit=MAX_BYTES, credentials=self.credentials).content
        except Refused as refused:
            kept = self._kept(source)
            if kept is None:
                raise
            self.warn(refused.problem)
            return kept
        catalog = read_catalog(content, source, self.places.kind)
        self._keep(source, content)
        return catalog

    def _kept(self, source: CatalogSource) -> Catalog | None:
        with suppress(OSError, Refused):
            content = read_file(self.places, self._paths(source)[0])
            return read_catalog(content, source, self.places.kind) if content is not None else None
        return None

    def _age(self, source: CatalogSource) -> float:
        with suppress(OSError, Refused, ValueError, RecursionError):
            told = json.loads(read_file(self.places, self._paths(source)[1]) or b"{}")
            if isinstance(told, dict):
                fetched = told.get("fetched_at")
                if isinstance(fetched, int | float):
                    age = self.now() - fetched
                    return age if age >= 0 else math.inf
        return math.inf

    def _keep(self, source: CatalogSource, content: bytes) -> None:
        """Keep a catalog in a project of Spec Kit; another folder stays as it is."""
        if not self.places.catalogs.parent.is_dir():
            return
        path, about = self._paths(source)
        told = {"url": source.url, "fetched_at": self.now()}
        with suppress(OSError, Refused):
            write_file(self.places, path, content)
            write_file(self.places, about, json.dumps(told).encode())

    def _paths(self, source: CatalogSource) -> tuple[Path, Path]:
        digest = hashlib.sha256(source.url.encode()).hexdigest()[:16]
        name = f"{self.places.kind.cache_prefix}-{digest}"
        return self.places.cache / f"{name}.json", self.places.cache / f"{name}-meta.json"
