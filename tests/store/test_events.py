"""What happened as rows: written with a change, read again in windows, and never with their contents."""

import pytest
from msgspec.structs import asdict

from maquette.model.actor import Actor, Role, operator
from maquette.model.ids import new_event_id
from maquette.model.page import ByPage, Slice
from maquette.model.records import Event
from maquette.store import events
from maquette.store.database import Transaction
from maquette.store.events import EventFilter
from maquette.store.query import Where
from tests.store.conftest import Home


async def happen(home: Home, type: str, subject: str = "s", *, actor: Actor | None = None, at: int = 1) -> None:
    """Write that it did."""
    await home.write(
        lambda tx: events.insert(
            tx,
            actor or Actor(home.serial, home.owner.serial, Role.OWNER, address="192.0.2.1", request_id="r"),
            id=new_event_id(at),
            type=type,
            subject_kind=type.partition(".")[0],
            subject=1,
            subject_id=subject,
            data='{"secret": "contents"}',
            now_ms=at,
        )
    )


async def found(home: Home, filter: EventFilter | None = None, projects: tuple[str, ...] | None = None) -> Slice[Event]:
    """The newest two."""
    return await home.read(
        lambda tx: events.list_(tx, home.serial, filter=filter or EventFilter(), projects=projects, window=ByPage(1, 2))
    )


def types(found: Slice[Event]) -> list[str]:
    """What happened."""
    return [event.type for event in found.items]


class TestTotal:
    @pytest.mark.parametrize(
        ("filter", "projects"),
        [
            (EventFilter(), None),
            (EventFilter(type="project.created"), None),
            (EventFilter(subject_id="b"), None),
            (EventFilter(after=2, before=5), None),
            (EventFilter(), ("a",)),
        ],
    )
    async def test_it_grows_with_what_happens(
        self, home: Home, neighbour: Home, filter: EventFilter, projects: tuple[str, ...] | None
    ) -> None:
        """Asked again after each event, it is what a count of all of them would be."""
        happened = [
            ("project.created", "a"),
            ("member.joined", "x"),
            ("project.created", "b"),
            ("project.updated", "a"),
        ]
        totals = []
        for at, (type, subject) in enumerate(happened * 2, 1):
            await happen(home, type, subject, at=at)
            await happen(neighbour, type, subject, at=at)
            totals.append((await found(home, filter, projects)).total)
        assert totals == [
            sum(
                filter.type in (None, type)
                and filter.subject_id in (None, subject)
                and (filter.after is None or 2 <= at < 5)
                and (projects is None or subject in ("a", "x"))
                for at, (type, subject) in list(enumerate(happened * 2, 1))[:number]
            )
            for number in range(1, 9)
        ]

    async def test_what_was_counted_is_not_counted_again(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """Only what has come since; and nothing, where nothing has."""
        for _ in range(3):
            await happen(home, "project.created")
        assert 3 == (await found(home)).total
        counted = []
        count = events._count

        async def watched(tx: Transaction, where: Where, source: str) -> int:
            counted.append(await count(tx, where, source))
            return counted[-1]

        monkeypatch.setattr(events, "_count", watched)
        await happen(home, "project.created")
        assert [4, 4] == [(await found(home)).total for _ in range(2)]
        assert counted == [1]

    async def test_a_snapshot_from_before_counts_for_itself(self, home: Home) -> None:
        """What was counted after it doesn't show in it."""
        for _ in range(3):
            await happen(home, "project.created")

        async def body(tx: Transaction) -> int:
            assert tx.totals
            tx.totals.append_only.put((home.serial, EventFilter(), None), 10**9, 99)
            return (await events.list_(tx, home.serial, filter=EventFilter(), projects=None, window=ByPage(1, 2))).total

        assert 3 == await home.read(body)


class TestList:
    async def test_the_newest_first_of_this_workspace(self, home: Home, neighbour: Home) -> None:
        """With the whole number, and whether more follow."""
        for type in ("project.created", "project.updated", "project.deleted"):
            await happen(home, type)
        await happen(neighbour, "project.created")
        page = await found(home)
        assert (["project.deleted", "project.updated"], 3, True) == (types(page), page.total, page.has_next)

    async def test_an_event_names_who_and_not_what(self, home: Home) -> None:
        """The person, the key, address and call; nothing of the contents."""
        key = await home.credential(kind="client")
        actor = Actor(home.serial, home.owner.serial, Role.OWNER, credential=key.serial, address="a", request_id="r")
        await happen(home, "project.created", actor=actor)
        (event,) = (await found(home)).items
        assert (home.owner.id, key.id, "a", "r") == (
            event.user_id,
            event.credential_id,
            event.address,
            event.request_id,
        )
        assert "contents" not in repr(asdict(event))

    async def test_the_operator_is_nobody(self, home: Home) -> None:
        """No person, no key."""
        await happen(home, "project.created", actor=operator(home.serial))
        (event,) = (await found(home)).items
        assert (None, None, None) == (event.user_id, event.user_name, event.credential_id)

    async def test_each_condition_holds(self, home: Home, neighbour: Home) -> None:
        """What, to which, by whom, from when, until when."""
        await happen(home, "project.created", "a", at=10)
        await happen(home, "member.joined", "b", at=20, actor=operator(home.serial))
        cases = [
            (EventFilter(type="project.created"), ["project.created"]),
            (EventFilter(type="project"), []),
            (EventFilter(subject_id="b"), ["member.joined"]),
            (EventFilter(user=home.owner.id), ["project.created"]),
            (EventFilter(user=neighbour.owner.id), []),
            (EventFilter(after=20), ["member.joined"]),
            (EventFilter(after=21), []),
            (EventFilter(before=20), ["project.created"]),
            (EventFilter(after=10, before=21, type="member.joined"), ["member.joined"]),
        ]
        for filter, expected in cases:
            page = await found(home, filter)
            assert (expected, len(expected)) == (types(page), page.total), filter

    async def test_of_named_projects_and_of_everything_else(self, home: Home) -> None:
        """Other projects' events are left out; with none named, those of all projects."""
        await happen(home, "project.created", "a")
        await happen(home, "project.created", "b")
        await happen(home, "member.joined", "m")
        assert 3 == (await found(home)).total
        page = await found(home, projects=("a", "x"))
        assert (["m", "a"], 2) == ([event.subject_id for event in page.items], page.total)
        assert ["m"] == [event.subject_id for event in (await found(home, projects=())).items]
