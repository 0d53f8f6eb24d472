"""The overview: what there is, what was done last and by whom, and which webhooks somebody should look at."""

import re

from maquette.model.actor import Role
from tests.console.people import Person, signed_in
from tests.console.test_webhooks import seen_in
from tests.dialects.sending import send_due
from tests.endpoint import Says, endpoint
from tests.office import Office, Team


async def test_it_counts_what_there_is(team: Team, owner: Person) -> None:
    """Of the plan, too, where it is limited; what one changed last stands first."""
    caller = await team.craftdesk()
    ids = [(await caller.post("/projects", json={"name": f"Poster {number}"})).json()["data"]["id"] for number in "123"]
    await caller.post("/brand_kits", json={"name": "Kit"})
    await caller.post(f"/projects/{ids[0]}/archive")
    team.office.clock.advance(seconds=1)
    await caller.patch(f"/projects/{ids[1]}", json={"name": "Changed"})
    page = await owner.page("/")
    seen = seen_in(page)
    for part in ("Active projects 2", "Archived 1", "Brand kits 1", "Members 1"):
        assert part in seen, part
    recent = page.text.partition("Recently changed projects")[2].partition("Latest events")[0]
    assert [ids[1], ids[2]] == re.findall(r'href="/projects/([^"]+)"', recent)


async def test_members_see_their_part(team: Team) -> None:
    """Without the audit log and the webhooks, and it is said that there may be more."""
    caller = await team.craftdesk()
    await caller.post("/projects", json={"name": "Secret", "visibility": "private"})
    await caller.post("/projects", json={"name": "Shared", "visibility": "team"})
    page = seen_in(await (await signed_in(team, await team.member(Role.MEMBER))).page("/"))
    assert "Active projects you see 1" in page
    assert ("Secret" in page, "Latest events" in page, "Shared" in page) == (False, False, True)
    admin = seen_in(await (await signed_in(team, await team.member(Role.ADMIN))).page("/"))
    assert ("you see" in admin, "Active projects 2" in admin, "Latest events" in admin) == (False, True, True)


async def test_the_latest_events_lead_to_their_records(team: Team, owner: Person) -> None:
    """In the same words as in the audit log; of what is gone, the id is shown."""
    caller = await team.craftdesk()
    kept, gone = [
        (await caller.post("/projects", json={"name": name})).json()["data"]["id"] for name in ("<i>Kept</i>", "Gone")
    ]
    await owner.force(f"/projects/{gone}/delete")
    page = (await owner.page("/")).text.partition("Latest events")[2]
    assert f'<a href="/projects/{kept}">&lt;i&gt;Kept&lt;/i&gt;</a>' in page
    assert 2 == page.count(f'deleted</span> <code class="under">{gone}</code>')
    owner_link = f'<a href="/members/{team.owner.id}">{team.owner.name}</a>'
    assert f"{owner_link}, with the console" in page
    assert f'{owner_link}, with <a href="/keys/' in page
    assert ("the operator" in page, "<td>Project deleted</td>" in page) == (True, True)


class TestWebhooks:
    async def test_failing_ones_are_told(self, office: Office, team: Team, owner: Person) -> None:
        """Since when, and, once they have been given up, why."""
        async with endpoint() as there:
            there.says = lambda _: Says(500 if len(there.got) == 1 else 410)
            path = f"/webhooks/{(await team.webhook(url=there.url()))['id']}"
            assert "The webhook" not in seen_in(await owner.page("/"))
            for sentence in (
                f"The webhook {there.url()} has been failing since 10 Mar 2026, 12:00 .",
                f"The webhook {there.url()} is disabled. It answered 410 Gone.",
            ):
                await owner.submit(path, f"{path}/test")
                await send_due(office)
                page = await owner.page("/")
                assert sentence in seen_in(page), seen_in(page)
                assert (True, False) == (f'<a href="{path}">{there.url()}</a>' in page.text, "Gone.." in page.text)

    async def test_those_switched_off_by_hand_are_not(self, office: Office, team: Team, owner: Person) -> None:
        """Even where they failed before: somebody knows."""
        async with endpoint() as there:
            there.says = lambda _: Says(500)
            path = f"/webhooks/{(await team.webhook(url=there.url()))['id']}"
            await owner.submit(path, f"{path}/test")
            await send_due(office)
        assert "has been failing" in seen_in(await owner.page("/"))
        await owner.submit(path, f"{path}/disable")
        await owner.page("/webhooks")
        assert "The webhook" not in seen_in(await owner.page("/"))
