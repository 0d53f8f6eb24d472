"""Can a dialect have the record of a message again, as it was after the event?"""

import gzip
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from maquette.dialects import INSTALLED
from maquette.dialects.creatopy.shapes.actions import type_of
from maquette.domain import brand_kits, invitations, messages, projects, workspaces
from maquette.domain.projects import ProjectDraft
from maquette.model.actor import Role
from maquette.model.records import Color
from maquette.model.webhooks import EVENT_TYPES, Message
from maquette.store.database import Transaction
from maquette.wire.dialect import Dialect
from tests.office import Office


async def _last(office: Office, type: str) -> Message:
    """The message of the last such event."""

    async def body(tx: Transaction) -> Any:
        return await tx.row(
            "SELECT id, type, at, subject_kind, subject_id, data FROM events WHERE type = $1 ORDER BY serial DESC", type
        )

    return Message(*await office.read(body))


def _message(id: Any, type: Any, at: Any, kind: Any, subject_id: Any, data: Any) -> Message:
    return Message(id, type, at, kind, subject_id, data)


class TestSubject:
    @pytest.mark.parametrize(
        "type", ["project.created", "brand_kit.created", "member.invited", "subscription.downgraded"]
    )
    async def test_it_is_the_record(self, office: Office, type: str) -> None:
        """Whole, as the verb that changed it has returned it."""
        team = await office.team()
        actor, now_ms, sealer = team.actor(team.owner, Role.OWNER), office.now_ms, office.runtime.services.sealer

        async def body(tx: Transaction) -> dict[str, object]:
            kit = await brand_kits.create(tx, actor, "Kit", colors=[Color("red", "#F00")], now_ms=now_ms)
            draft = ProjectDraft("Frühling 🌸", description="text", brand_kit=kit.id)
            return {
                "brand_kit.created": kit,
                "project.created": await projects.create(tx, actor, draft, now_ms=now_ms),
                "member.invited": await invitations.invite(
                    tx, actor, "new@example.com", Role.MEMBER, sealer, now_ms=now_ms
                ),
                "subscription.downgraded": await workspaces.change_plan(tx, actor, "starter", now_ms=now_ms),
            }

        made = await office.write(body)
        assert made[type] == messages.subject(await _last(office, type))

    async def test_what_an_older_release_has_kept_is_completed(self, tmp_path: Path) -> None:
        """A kit without a palette, a member without a role: its message is written all the same, in every dialect."""
        file = Path(__file__).parents[1] / "store" / "released" / "0.1.0.db.gz"
        (tmp_path / "kept.db").write_bytes(gzip.decompress(file.read_bytes()))
        store = apsw.Connection(str(tmp_path / "kept.db"))
        rows = store.execute("SELECT id, type, at, subject_kind, subject_id, data FROM events").fetchall()
        store.close()
        told = [_message(*row) for row in rows if row[1] in EVENT_TYPES]
        assert {"brand_kit.created", "member.joined", "project.created"} < {message.type for message in told}
        for message in told:
            for dialect in INSTALLED:
                body = msgspec.json.decode(dialect.event_body(message))
                assert (message.id, message.type) in ((body["id"], body["type"]), (body["id"], type_of(body["type"])))

    def test_what_is_no_such_record_is_none(self) -> None:
        """Nothing is made up but what was added later."""
        with pytest.raises(msgspec.ValidationError):
            messages.subject(Message("evt_1", "project.created", 1, "project", "x", '{"name": "One"}'))


@pytest.mark.parametrize("dialect", INSTALLED, ids=lambda dialect: dialect.name)
class TestEventBody:
    async def test_it_is_that_of_standard_webhooks(self, office: Office, dialect: Dialect) -> None:
        """In every dialect, and the same bytes whenever it is written."""
        await office.team()
        message = await _last(office, "subscription.created")
        body = dialect.event_body(message)
        assert body == dialect.event_body(message)
        found = msgspec.json.decode(body)
        assert ["id", "type", "timestamp", "data"] == list(found)
        assert message.id == found["id"]
