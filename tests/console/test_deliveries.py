"""Deliveries in the console: what was sent to a real receiver, what came back, and sending it again."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from maquette.store import deliveries as store
from tests.console.people import Person, forms_of
from tests.console.test_webhooks import form_to, seen_in
from tests.dialects.sending import send_due
from tests.endpoint import Endpoint, Says, endpoint
from tests.office import Office, Team


@pytest.fixture
async def there() -> AsyncIterator[Endpoint]:
    """A receiver that takes everything."""
    async with endpoint() as found:
        yield found


@pytest.fixture
async def hook(team: Team, there: Endpoint) -> str:
    """The page of a webhook that the receiver is told everything by."""
    return f"/webhooks/{(await team.webhook(url=there.url('/hook')))['id']}"


async def make(team: Team, name: str = "Poster") -> None:
    """Something that happens: a project is made."""
    answer = await (await team.craftdesk()).post("/projects", json={"name": name})
    assert answer.status_code == 201


class TestRead:
    async def test_a_test_leads_to_its_delivery(
        self, office: Office, owner: Person, hook: str, there: Endpoint
    ) -> None:
        """Which waits, then shows what went out and came back."""
        answer = await owner.submit(hook, f"{hook}/test")
        page = seen_in(await owner.followed(answer))
        assert ("Queued." in page, "It is on its way. Refresh in a moment" in page) == (True, True)
        assert ("webhook.test waiting" in page, "Next attempt now" in page) == (True, True)
        assert "It is written right before it is sent." in page
        there.says = lambda _: Says(204)
        await send_due(office, seconds=3)
        path = answer.headers["location"].partition("?")[0]
        page = seen_in(await owner.page(path))
        assert ("webhook.test delivered" in page, "Refresh" in page) == (True, False)
        assert "Ended 10 Mar 2026, 12:00:03" in page
        assert f"POST {there.url('/hook')}" in page
        assert f"webhook-signature: {there.got[0].headers['webhook-signature']}" in page
        assert ("204" in page, "It arrived." in page, "Without a body." in page) == (True, True, True)

    async def test_nothing_of_it_is_rendered(
        self, office: Office, team: Team, owner: Person, hook: str, there: Endpoint
    ) -> None:
        """Neither what a record holds nor what a receiver says; bytes that are no text are replaced."""
        there.says = lambda _: Says(500, {"x-said": "<i>header</i>"}, b"<script>\xff</script>")
        await make(team, "<b>Ink</b>")
        await send_due(office)
        await owner.submit(hook, f"{hook}/test")
        (row,) = (await (await team.craftdesk()).get(f"{hook}/deliveries?type=project.created")).json()["data"]
        page = (await owner.page(f"{hook}/deliveries/{row['id']}")).text
        for shown in (
            "x-said: &lt;i&gt;header&lt;/i&gt;",
            "<pre>&lt;script&gt;\ufffd&lt;/script&gt;</pre>",
            "&#34;name&#34;: &#34;&lt;b&gt;Ink&lt;/b&gt;&#34;",
        ):
            assert shown in page
        assert 2 == page.count("The endpoint answered 500.")

    async def test_every_attempt_is_there(
        self, office: Office, team: Team, owner: Person, hook: str, there: Endpoint
    ) -> None:
        """The newest first; no answer is told with its reason, and what waits with the time of the next attempt."""
        there.says = lambda _: Says(0 if len(there.got) == 1 else 503)
        sent = await team.trial(hook.rpartition("/")[2])
        await send_due(office)
        await send_due(office, seconds=10)
        page = seen_in(await owner.page(f"{hook}/deliveries/{sent['id']}"))
        assert "Attempt 2 503 10 Mar 2026, 12:00:10 The endpoint answered 503." in page
        assert "Attempt 1 no answer 10 Mar 2026, 12:00:00 The receiver cut the connection" in page
        assert page.index("Attempt 2 503") < page.index("Attempt 1 no answer")
        assert ("Next attempt 10 Mar 2026, 12:05:" in page, "on its way" in page) == (True, False)

    async def test_only_the_newest_attempts_are_kept(
        self, office: Office, owner: Person, hook: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Which is said."""
        monkeypatch.setattr(store, "MAX_ATTEMPTS", 2)
        answer = await owner.submit(hook, f"{hook}/test")
        path = answer.headers["location"].partition("?")[0]
        for _ in range(2):
            await send_due(office)
            await owner.submit(path, f"{path}/resend")
        await send_due(office)
        page = seen_in(await owner.page(path))
        assert ("Attempts 3, of which the last 2 are kept" in page, "Attempt 1 " in page) == (True, False)

    async def test_one_of_another_webhook_is_not_there(
        self, office: Office, team: Team, owner: Person, hook: str
    ) -> None:
        """Nor one that never was, nor another workspace's."""
        stranger = await office.team()
        foreign, other = await stranger.webhook(), await team.webhook()
        await owner.submit(hook, f"{hook}/test")
        form = dict(forms_of(await owner.page("/account"))[0].values)
        for id in ((await team.trial(other["id"]))["id"], (await stranger.trial(foreign["id"]))["id"], "evt_nonsense"):
            await owner.page(f"{hook}/deliveries/{id}", 404)
            assert 404 == (await owner.browser.post(f"{hook}/deliveries/{id}/resend", data=form)).status_code
            assert 404 == (await owner.browser.get(f"/webhooks/{foreign['id']}/deliveries/{id}")).status_code


class TestList:
    async def test_it_is_filtered(self, office: Office, team: Team, owner: Person, hook: str) -> None:
        """By state and by type; what is neither is no filter."""
        await make(team)
        await send_due(office)
        await (await team.craftdesk()).post("/brand_kits", json={"name": "Kit"})
        both, kinds = {"project.created", "brand_kit.created"}, ("project.created", "brand_kit.created")
        for query, expected in {
            "": both,
            "?state=waiting": {"brand_kit.created"},
            "?state=delivered": {"project.created"},
            "?state=failed": set(),
            "?type=project.created": {"project.created"},
            "?type=project.created&state=waiting": set(),
            "?type=webhook.test": set(),
            "?type=nonsense&state=lost": both,
        }.items():
            page = (await owner.page(hook + query)).text
            assert expected == {kind for kind in kinds if f"<code>{kind}</code></a>" in page}, query
            assert ("No delivery matches." in page) == (not expected), query

    async def test_it_is_paged(self, team: Team, owner: Person, hook: str) -> None:
        """The newest first; the filters stay from page to page, and the links lead to the list."""
        for number in range(26):
            await make(team, f"Number {number}")
        page = (await owner.page(f"{hook}?state=waiting")).text
        assert ("26 deliveries" in page, "Page 1 of 2" in page) == (True, True)
        assert f'href="{hook}?state=waiting&amp;page=2#deliveries"' in page
        assert 1 == (await owner.page(f"{hook}?page=2")).text.count("<code>project.created</code></a>")
        past = (await owner.page(f"{hook}?page=9")).text
        assert ("nothing on this page" in past, f'href="{hook}?page=2#deliveries"' in past) == (True, True)

    async def test_what_is_disabled_has_no_next_attempt(self, team: Team, owner: Person, hook: str) -> None:
        """Nothing can be sent again, and a button that was there before is refused with the reason."""
        await make(team)
        (row,) = (await (await team.craftdesk()).get(f"{hook}/deliveries")).json()["data"]
        path = f"{hook}/deliveries/{row['id']}"
        await owner.submit(hook, f"{hook}/disable")
        assert "next once it is enabled" in seen_in(await owner.page(hook))
        page = await owner.page(path)
        assert "Next attempt once it is enabled" in seen_in(page)
        assert f"{path}/resend" not in {form.action for form in forms_of(page)}
        form = {**dict(forms_of(page)[0].values), "since": "2026-03-10T11:00"}
        for action in (f"{path}/resend", f"{hook}/test", f"{hook}/replay"):
            answer = await owner.browser.post(action, data=form)
            assert (400, True) == (answer.status_code, "The webhook is disabled; enable it first." in answer.text)


class TestAgain:
    async def test_the_same_goes_out_again(
        self, office: Office, team: Team, owner: Person, hook: str, there: Endpoint
    ) -> None:
        """The same id and bytes."""
        await make(team)
        await send_due(office)
        path = f"{hook}/deliveries/{there.ids()[0]}"
        assert "Queued." in (await owner.followed(await owner.submit(path, f"{path}/resend"))).text
        await send_due(office)
        assert [there.got[0].body] * 2 == [got.body for got in there.got]
        assert "Attempts 2 " in seen_in(await owner.page(path))

    async def test_a_form_that_is_sent_again_sends_nothing(
        self, office: Office, team: Team, owner: Person, hook: str, there: Endpoint
    ) -> None:
        """Neither a test nor a message, nor a period's."""
        await make(team)
        await send_due(office)
        message = f"{hook}/deliveries/{there.ids()[0]}"
        for page, action in ((hook, f"{hook}/test"), (message, f"{message}/resend"), (hook, f"{hook}/replay")):
            form = form_to(await owner.page(page), action) | {"which": "all"}
            assert 303 == (await owner.browser.post(action, data=form)).status_code
            await send_due(office)
            before = len(there.got)
            again = await owner.browser.post(action, data=form)
            assert (422, True) == (again.status_code, "That was sent before." in again.text), action
            await send_due(office)
            assert before == len(there.got), action

    async def test_only_what_is_missing_goes_out(
        self, office: Office, team: Team, owner: Person, hook: str, there: Endpoint
    ) -> None:
        """Of the last day, as the form is filled in beforehand; or all of it."""
        office.clock.advance(days=2)
        await make(team, "Arrived")
        await send_due(office)
        await owner.submit(hook, f"{hook}/disable")
        await make(team, "Missing")
        await owner.submit(hook, f"{hook}/enable")
        action = f"{hook}/replay"
        assert "Messages queued: 1." in (await owner.followed(await owner.submit(hook, action))).text
        await send_due(office)
        assert ["Arrived", "Missing"] == [got.message["data"]["name"] for got in there.got]
        assert "There is nothing to send" in (await owner.followed(await owner.submit(hook, action))).text
        again = await owner.submit(hook, action, which="all")
        assert "Messages queued: 2." in (await owner.followed(again)).text
        await send_due(office)
        assert 4 == len(there.got)

    @pytest.mark.parametrize("odd", ["replayed.<b>", "replayed.1.2", "replayed.٣", "replayed.9999999999", "none.1"])
    async def test_of_a_cookie_only_a_number_is_said(self, owner: Person, hook: str, odd: str) -> None:
        """Whatever else follows a notice's name stays unsaid."""
        session = owner.browser.cookies["maquette"]
        for notice, is_said in (("replayed.1200", True), (odd, False)):
            cookie = f"maquette={session}; maquette_notice={notice}".encode()
            page = await owner.browser.get(hook, headers=[(b"cookie", cookie)])
            assert (200, is_said) == (page.status_code, 'class="notice"' in page.text), notice
            assert is_said == ("Messages queued: 1,200." in page.text), notice

    async def test_the_times_are_in_utc(
        self, office: Office, team: Team, owner: Person, hook: str, there: Endpoint
    ) -> None:
        """From the first until before the second, with seconds or without."""
        for name in ("Before", "Meant", "After"):
            await make(team, name)
            office.clock.advance(seconds=60)
        await send_due(office)
        there.got.clear()
        for since, until in (("2026-03-10T12:01", "2026-03-10T12:02"), ("2026-03-10T12:00:30", "2026-03-10T12:01:30")):
            await owner.submit(hook, f"{hook}/replay", since=since, until=until, which="all")
            await send_due(office)
        assert ["Meant", "Meant"] == [got.message["data"]["name"] for got in there.got]

    async def test_a_long_time_goes_out_in_parts(
        self, team: Team, owner: Person, hook: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Which is said; and no more than four are under way."""
        monkeypatch.setattr("maquette.domain.replays.PART", 2)
        for number in range(5):
            await make(team, f"Number {number}")
        for _ in range(4):
            answer = await owner.submit(hook, f"{hook}/replay", which="all")
            assert "Messages queued so far: 1. More follow" in (await owner.followed(answer)).text
        answer = await owner.submit(hook, f"{hook}/replay", which="all")
        assert (400, True) == (answer.status_code, "The webhook already has 4 replays under way" in answer.text)

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"since": ""}, "From must not be empty."),
            ({"since": "yesterday"}, "From must be a time such as 2026-03-10T12:00."),
            ({"since": "2026-03-10"}, "From must be a time such as 2026-03-10T12:00."),
            ({"since": "2026-02-01T12:00"}, "From must be within the last 30 days."),
            ({"since": "2026-03-10T12:01"}, "From must not be in the future."),
            ({"until": "2026-03-08T12:00"}, "Until must be after the beginning."),
            ({"until": "noon"}, "Until must be a time such as 2026-03-10T12:00."),
        ],
        ids=["none", "word", "date", "long ago", "future", "backwards", "no end"],
    )
    async def test_what_is_wrong_is_said_beside_its_field(
        self, owner: Person, hook: str, fields: dict[str, Any], sentence: str
    ) -> None:
        """And what was typed stays; the settings beside it are as they were."""
        answer = await owner.submit(hook, f"{hook}/replay", which="all", **fields)
        assert (400, True) == (answer.status_code, sentence in answer.text)
        assert 'value="all" selected' in answer.text
        assert 'value="*" checked' in answer.text
        for value in fields.values():
            assert f'value="{value}"' in answer.text
