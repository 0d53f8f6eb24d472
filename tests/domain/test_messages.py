"""Can a dialect have the record of a message again, as it was after the event?"""

from typing import Any

import msgspec
import pytest

from maquette.domain import brand_kits, invitations, messages, projects, workspaces
from maquette.domain.projects import ProjectDraft
from maquette.model.actor import Role
from maquette.model.records import Color
from maquette.model.webhooks import Message
from maquette.store.database import Transaction
from tests.office import Office


async def _last(office: Office, type: str) -> Message:
    """The message of the last such event."""

    async def body(tx: Transaction) -> Any:
        return await tx.row(
            "SELECT id, type, at, subject_kind, subject_id, data FROM events WHERE type = $1 ORDER BY serial DESC", type
        )

    return Message(*await office.read(body))


class TestSubject:
    @pytest.mark.parametrize(
        "type", ["project.created", "brand_kit.created", "member.invited", "subscription.downgraded"]
    )
    async def test_it_is_the_record(self, office: Office, type: str) -> None:
        """Whole, as the verb that changed it has returned it."""
        team = await office.team()
        actor, now_ms, sealer = team.actor(team.owner, Role.OWNER), office.now_ms, office.house.services.sealer

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


class TestInOurWords:
    async def test_the_body_is_that_of_standard_webhooks(self, office: Office) -> None:
        """And the same bytes whenever it is written."""
        await office.team()
        message = await _last(office, "subscription.created")
        body = messages.in_our_words(message)
        assert body == messages.in_our_words(message)
        found = msgspec.json.decode(body)
        assert ["id", "type", "timestamp", "data"] == list(found)
        assert (message.id, message.type, message.subject_id) == (found["id"], found["type"], found["data"]["id"])
