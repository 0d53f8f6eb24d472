"""Is a newcomer's workspace made on an empty store alone?"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from maquette.cli.welcome import welcome
from maquette.domain import workspaces
from maquette.settings import Settings
from tests.office import Office


class TestWelcome:
    async def test_the_first_start_makes_one_and_the_second_none(self, office: Office, settings: Settings) -> None:
        """Its key is shown once."""
        texts = [await welcome(settings, office.runtime.services) for _ in range(2)]
        assert [True, False] == ["mq_live_" in text for text in texts]
        assert 1 == len(await office.read(workspaces.list_))

    async def test_a_shared_database_is_left_to_the_operator(self, office: Office, settings: Settings) -> None:
        """Nothing is made in it; the commands that do are shown, and where the sealing key is for them."""
        shared = replace(settings, database_url="postgresql://db/maquette", secret_key_file=Path("/run/keys/a b.key"))
        text = await welcome(shared, office.runtime.services)
        assert [] == await office.read(workspaces.list_)
        for command in ("workspace create NAME --owner EMAIL", "key create", "client create"):
            (line,) = [line for line in text.splitlines() if command in line]
            assert line.endswith(" --database-url … --secret-key-file '/run/keys/a b.key'")

    async def test_one_that_somebody_makes_meanwhile_is_enough(
        self, office: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the look and the writing: nothing is made beside it."""
        database = office.runtime.services.database
        read = database.read

        async def looked_before(body: Any) -> Any:
            found = await read(body)
            await office.team()
            return found

        with monkeypatch.context() as patch:
            patch.setattr(database, "read", looked_before)
            text = await welcome(settings, office.runtime.services)
        (only,) = await office.read(workspaces.list_)
        assert only.slug in text
        assert "mq_live_" not in text
