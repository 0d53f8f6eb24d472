"""Which version is a workspace at? From memory where this process sees all writes, else from the store."""

from collections.abc import Sequence

from maquette.store import workspaces
from maquette.store.database import Change, Database


class Versions:
    """Caches the versions of workspaces, where the database sees all writes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, int] = {}
        self._epoch = database.epoch()
        database.listen(self._follow_own)

    def known(self, workspace: int) -> int | None:
        """The present version from the cache; None where the store has to be asked."""
        epoch = self._database.epoch()
        if epoch != self._epoch:
            self._epoch = epoch
            self._known.clear()
        return self._known.get(workspace)

    async def current(self, workspace: int) -> int:
        """The present version; whatever is read after this call is of this version or a later one."""
        version = self.known(workspace)
        if version is None:
            version = await self._database.read(lambda tx: workspaces.version(tx, workspace))
            if self._database.sees_all_writes:
                self._known[workspace] = version
        return version

    def _follow_own(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.workspace is None:
                self._known.clear()
            elif change.version is not None and self._database.sees_all_writes:
                self._known[change.workspace] = change.version
