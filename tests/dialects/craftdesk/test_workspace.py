"""`GET /v1/workspace`: the workspace that the key belongs to."""

from tests.dialects.craftdesk.calls import data
from tests.office import Office


class TestGet:
    async def test_it_is_the_keys_own(self, office: Office) -> None:
        """With its plan, whoever of its members asks."""
        team = await office.team(plan="business", name="Élan & Co")
        expected = {
            "id": team.workspace.id,
            "name": "Élan & Co",
            "slug": "elan-co",
            "plan": "business",
            "created_at": "2026-03-10T12:00:00Z",
            "updated_at": "2026-03-10T12:00:00Z",
        }
        for user in (team.owner, await team.member()):
            assert expected == data(await (await team.craftdesk(user)).get("/workspace"))

    async def test_it_shows_another_plan_at_once(self, office: Office) -> None:
        """What was sent a moment ago is not sent again."""
        team = await office.team(plan="business")
        craftdesk = await team.craftdesk()
        assert "business" == data(await craftdesk.get("/workspace"))["plan"]
        await team.on_plan("starter")
        assert "starter" == data(await craftdesk.get("/workspace"))["plan"]
