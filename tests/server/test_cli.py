"""The command line: each command by its name, what it prints for people and programs, and how it fails."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import rich_click as click
from click.testing import CliRunner, Result

from maquette import __version__
from maquette.cli import main
from maquette.domain.events import TYPES
from maquette.domain.keys import is_key
from maquette.settings import Settings
from tests.architecture.source import SOURCE
from tests.ports import PATIENCE_S
from tests.server.running import Served, environment, serve

COMMANDS = (
    ("serve",),
    ("worker",),
    ("workspace",),
    ("workspace", "create"),
    ("workspace", "list"),
    ("workspace", "plan"),
    ("member",),
    ("member", "add"),
    ("member", "invite"),
    ("member", "role"),
    ("member", "remove"),
    ("member", "list"),
    ("member", "password-link"),
    ("key",),
    ("key", "create"),
    ("key", "rotate"),
    ("key", "list"),
    ("key", "revoke"),
    ("client",),
    ("client", "create"),
    ("plan",),
    ("plan", "list"),
    ("plan", "set"),
    ("backup",),
    ("audit",),
    ("permissions",),
    ("webhook",),
    ("webhook", "list"),
    ("webhook", "listen"),
    ("webhook", "trigger"),
)


@dataclass(frozen=True)
class CommandLine:
    """Somebody who types commands, all about one store."""

    store: tuple[str, ...]
    settings: Mapping[str, str]

    @property
    def place(self) -> str:
        """What a sentence calls the store."""
        return self.store[1] if self.store[0] == "--data" else "this database"

    def run(self, *arguments: str) -> Result:
        """What a command does and prints."""
        return CliRunner().invoke(main, [*arguments, *self.store], env=dict(self.settings))

    def tell(self, *arguments: str) -> Any:
        """What it prints for a program."""
        done = self.run(*arguments, "--json")
        assert (0, "") == (done.exit_code, done.stderr), done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str) -> str:
        """The sentence it fails with, for people and programs alike."""
        done, told = self.run(*arguments), self.run(*arguments, "--json")
        assert (1, "", done.stderr) == (told.exit_code, told.stdout, told.stderr)
        assert (1, "") == (done.exit_code, done.stdout)
        assert not isinstance(done.exception, Exception), done.exception
        return done.stderr.strip()

    def workspace(self, *options: str) -> str:
        """The slug of a new one."""
        made = self.tell("workspace", "create", "Acme", "--owner", "ann@example.com", *options)
        return str(made["slug"])


def line_of(settings: Settings) -> CommandLine:
    """A command line on the store of these settings."""
    where = ("--database-url", settings.database_url) if settings.database_url else ("--data", str(settings.data))
    assert settings.secret_key
    return CommandLine(where, {"MAQUETTE_SECRET_KEY": settings.secret_key})


@pytest.fixture
def line(engine_settings: Settings) -> CommandLine:
    """On the engine in turn."""
    return line_of(engine_settings)


def _imported(run: str) -> set[str]:
    """What a process that runs these lines has imported at their end."""
    program = f"{run}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


class TestNames:
    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_every_command_explains_itself(self, command: tuple[str, ...]) -> None:
        """`--help` and `-h` say what it's for; nothing is done."""
        for option in ("--help", "-h"):
            done = CliRunner().invoke(main, [*command, option])
            assert (0, "") == (done.exit_code, done.stderr)
            assert " ".join(("Usage: main", *command)) in done.stdout

    def test_these_are_all(self) -> None:
        """A command that is added is added here."""
        found: set[tuple[str, ...]] = set()
        context = click.Context(main)
        for name in main.list_commands(context):
            found.add((name,))
            found |= {(name, inner) for inner in getattr(main.get_command(context, name), "commands", ())}
        assert found == set(COMMANDS)

    @pytest.mark.parametrize("command", ["backup --help", "key list --workspace acme", "webhook list --workspace acme"])
    def test_a_small_one_starts_with_little(self, tmp_path: Path, command: str) -> None:
        """What may share its core with the server imports neither the HTTP server nor its clients."""
        data = ("--data", str(tmp_path))
        CliRunner().invoke(main, ["workspace", "create", "Acme", "--owner", "a@example.com", *data])
        run = f"from maquette.cli import main; main({[*command.split(), *data]}, standalone_mode=False)"
        assert set() == _imported(run) & {"litestar", "granian", "aiohttp", "redis", "asyncpg"}

    def test_a_server_starts_without_what_it_may_never_need(self, tmp_path: Path) -> None:
        """Its clients are imported with the first webhook, and where Valkey or PostgreSQL is meant."""
        run = f"""
import asyncio
from pathlib import Path
import maquette.cli.serve, maquette.server
from maquette.app import open_runtime
from maquette.settings import Settings

async def open_and_close():
    async with open_runtime(Settings(data=Path({str(tmp_path)!r}), valkey_url="")):
        pass

asyncio.run(open_and_close())
"""
        assert {"litestar"} == _imported(run) & {"litestar", "aiohttp", "redis", "asyncpg"}

    def test_it_is_installed_under_its_name(self) -> None:
        """`maquette --version` says which release it is; `python -m maquette` is the same."""
        command = Path(sys.executable).with_name("maquette")
        done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
        assert __version__ in done.stdout


class TestHints:
    """A hint is a line that works as it stands."""

    def test_they_name_the_command_as_it_was_called(self, tmp_path: Path) -> None:
        """By its path, where the name alone leads nowhere; by its name, where that leads to it."""
        command = Path(sys.executable).with_name("maquette")
        for number, (path, called) in enumerate([("/usr/bin:/bin", str(command)), (str(command.parent), "maquette")]):
            options = ("workspace", "create", "Acme", "--owner", "a@example.com", "--data", str(tmp_path / str(number)))
            env = environment(PATH=path, COLUMNS="300")
            done = subprocess.run([command, *options], capture_output=True, text=True, check=True, env=env)
            assert (
                f"Next: {called} key create --workspace acme --name NAME --data {tmp_path / str(number)}" in done.stdout
            )


class TestWorkspace:
    def test_create(self, line: CommandLine) -> None:
        """Its ids, its team number, its slug and plan, and its owner's id; nothing else."""
        made = line.tell("workspace", "create", "Acme Größe", "--plan", "starter", "--owner", "ann@example.com")
        again = line.tell("workspace", "create", "Acme Größe", "--owner", "ann@example.com")
        assert ["id", "team_id", "slug", "plan", "owner_id"] == list(made)
        assert [made["id"], made["owner_id"]] == [str(UUID(made["id"])), str(UUID(made["owner_id"]))]
        assert (int, "starter", "business") == (type(made["team_id"]), made["plan"], again["plan"])
        assert (made["owner_id"], False) == (again["owner_id"], made["slug"] == again["slug"])

    def test_create_for_people(self, line: CommandLine) -> None:
        """It says what to do next; what looks like markup or an emoji is text."""
        done = line.run("workspace", "create", "[/] :key: [red]", "--owner", "{bold}@example.com")
        assert done.exit_code == 0
        assert "owned by {bold}@example.com" in done.stdout
        assert "maquette key create --workspace key-red" in done.stdout

    def test_list(self, line: CommandLine) -> None:
        """With everything that names one, and whole ids also where the window is narrow."""
        made = line.tell("workspace", "create", "[/] A long name of a workspace" * 3, "--owner", "ann@example.com")
        (found,) = [one for one in line.tell("workspace", "list")["workspaces"] if one["id"] == made["id"]]
        assert ["slug", "name", "plan", "team_id", "id"] == list(found)
        shown = line.run("workspace", "list").stdout
        assert all(str(value) in shown for value in found.values())

    def test_plan(self, line: CommandLine) -> None:
        """Another plan, in force at once."""
        slug = line.workspace()
        changed = line.tell("workspace", "plan", slug, "starter")
        assert (["id", "slug", "plan"], "starter") == (list(changed), changed["plan"])
        assert f"{slug} is on the unlimited plan" in line.run("workspace", "plan", slug, "unlimited").stdout

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("create", "", "--owner", "ann@example.com"), "The name must not be empty."),
            (("create", "A", "--owner", "ann"), "The email must be an e-mail address."),
            (("create", "A", "--owner", "[bold]@example.com"), "The email must be an e-mail address."),
            (
                ("create", "A", "--owner", "ann@example.com", "--plan", "no-gold"),
                "There is no plan no-gold in {place}; there are ",
            ),
            (("plan", "nobody", "starter"), "There is no workspace nobody in {place}."),
        ],
    )
    def test_what_is_wrong_is_said(self, line: CommandLine, arguments: tuple[str, ...], sentence: str) -> None:
        """On the error stream, in a sentence, with status 1."""
        line.workspace()
        told = line.refused("workspace", *arguments)
        assert told.startswith(sentence.format(place=line.place))
        assert ("; there are " in sentence) == ("starter" in told)


class TestKey:
    def test_create(self, line: CommandLine) -> None:
        """Its id and the key itself, which is shown this once."""
        slug = line.workspace()
        made = line.tell("key", "create", "--workspace", slug, "--name", "Mine")
        assert (["id", "key"], str(UUID(made["id"]))) == (list(made), made["id"])
        assert is_key(made["key"])
        assert made["key"] not in json.dumps(line.tell("key", "list", "--workspace", slug))

    def test_create_for_people(self, line: CommandLine) -> None:
        """The key stands on a line of its own."""
        done = line.run("key", "create", "--workspace", line.workspace(), "--name", ":key:")
        assert is_key(done.stdout.splitlines()[0])

    def test_list_shows_its_life(self, line: CommandLine) -> None:
        """Scope, hint, expiry and revocation, the newest first."""
        slug = line.workspace()
        first = line.tell("key", "create", "--workspace", slug, "--name", "[/] :key:", "--scope", "read_only")
        pair = line.tell("client", "create", "--workspace", slug, "--name", "b")
        last = line.tell("key", "create", "--workspace", slug, "--name", "c", "--expires", "2031-02-03T04:05:06")
        line.tell("key", "revoke", first["id"], "--workspace", slug)
        found = line.tell("key", "list", "--workspace", slug)["keys"]
        assert [last["id"], pair["client_id"], first["id"]] == [one["id"] for one in found]
        assert ["key", "client", "key"] == [one["kind"] for one in found]
        assert ("2031-02-03T04:05:06Z", None) == (found[0]["expires_at"], found[0]["revoked_at"])
        assert ("read_only", f"mq_live_…{first['key'][-4:]}") == (found[2]["scope"], found[2]["hint"])
        shown = line.run("key", "list", "--workspace", slug).stdout
        assert all(part in shown for part in ("[/] :key:", pair["client_id"], found[2]["revoked_at"]))

    def test_revoke(self, line: CommandLine) -> None:
        """It ends once; again says the same."""
        slug = line.workspace()
        made = line.tell("key", "create", "--workspace", slug, "--name", "[/]")
        ended = line.tell("key", "revoke", made["id"], "--workspace", slug)
        assert ["id", "revoked_at"] == list(ended)
        assert line.tell("key", "revoke", made["id"], "--workspace", slug) == ended
        assert "[/] (mq_live_…" in line.run("key", "revoke", made["id"], "--workspace", slug).stdout

    def test_rotate(self, line: CommandLine) -> None:
        """A new key in its place, shown this once; the old one ends after the overlap, or at once, and only once."""
        slug = line.workspace()
        old = line.tell("key", "create", "--workspace", slug, "--name", "a", "--scope", "read_only")
        new = line.tell("key", "rotate", old["id"], "--workspace", slug)
        assert (["id", "key"], True, False) == (list(new), is_key(new["key"]), new == old)
        assert line.refused("key", "rotate", old["id"], "--workspace", slug) == "The key was already rotated."
        newest = line.tell("key", "rotate", new["id"], "--workspace", slug, "--overlap-s", "0")
        found = line.tell("key", "list", "--workspace", slug)["keys"]
        assert [newest["id"], new["id"], old["id"]] == [one["id"] for one in found]
        assert {"read_only"} == {one["scope"] for one in found}
        assert [False, True, False] == [one["revoked_at"] is not None for one in found]
        assert [False, False, True] == [one["expires_at"] is not None for one in found]

    def test_a_custom_key_needs_grants(self, line: CommandLine) -> None:
        """Given as JSON, and understood before anything is done."""
        slug = line.workspace()
        options = ("key", "create", "--workspace", slug, "--name", "a", "--scope", "custom")
        assert line.refused(*options) == "The grants must name what a custom key may reach."
        done = line.run(*options, "--grants", '{"projects": "all"}')
        assert (2, True) == (done.exit_code, "are not valid grants" in done.stderr)
        assert is_key(line.tell(*options, "--grants", '{"projects": {"access": "read"}}')["key"])

    def test_it_acts_as_a_member(self, line: CommandLine) -> None:
        """Whom `--as` names; a stranger is none."""
        slug = line.workspace()
        line.tell("member", "add", "--workspace", slug, "--email", "bob@example.com", "--role", "member")
        assert line.tell("key", "create", "--workspace", slug, "--name", "b", "--as", "Bob@example.com")
        options = ("--workspace", slug, "--name", "b", "--as", "eve@example.com")
        assert line.refused("key", "create", *options) == "There is no such member."

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("create", "--workspace", "{slug}", "--name", " "), "The name must not be empty."),
            (("create", "--workspace", "nobody", "--name", "a"), "There is no workspace nobody in {place}."),
            (("list", "--workspace", "nobody"), "There is no workspace nobody in {place}."),
            (
                ("create", "--workspace", "{slug}", "--name", "a", "--expires", "2020-01-01"),
                "--expires must be in the future.",
            ),
            (("rotate", "nothing", "--workspace", "{slug}"), "There is no such key."),
            (("revoke", "nothing", "--workspace", "{slug}"), "There is no such key."),
        ],
    )
    def test_what_is_wrong_is_said(self, line: CommandLine, arguments: tuple[str, ...], sentence: str) -> None:
        """On the error stream, in a sentence, with status 1."""
        slug = line.workspace()
        told = line.refused("key", *(argument.format(slug=slug) for argument in arguments))
        assert told == sentence.format(place=line.place)


class TestClient:
    def test_create(self, line: CommandLine) -> None:
        """Both halves of the pair, which `key list` shows without the secret."""
        slug = line.workspace()
        made = line.tell("client", "create", "--workspace", slug, "--name", "Mine")
        assert ["client_id", "client_secret"] == list(made)
        assert made["client_id"] == str(UUID(made["client_id"]))
        listed = json.dumps(line.tell("key", "list", "--workspace", slug))
        assert (True, False) == (made["client_id"] in listed, made["client_secret"] in listed)

    def test_another_sealing_key_is_noticed(self, line: CommandLine) -> None:
        """Before a secret is sealed that the server couldn't open."""
        slug = line.workspace()
        arguments = ("client", "create", "--workspace", slug, "--name", "a")
        other = replace(line, settings={"MAQUETTE_SECRET_KEY": "A" * 43 + "="})
        assert other.refused(*arguments).startswith("This store was sealed with another key")
        broken = replace(line, settings={"MAQUETTE_SECRET_KEY": "short"})
        assert "32 bytes in URL-safe Base64" in broken.refused(*arguments)


class TestSealingKey:
    """The key in its file, as most have it."""

    def test_one_that_is_missing_is_asked_for(self, own_settings: Settings, tmp_path: Path) -> None:
        """Beside a store that exists no new key is made: it would open nothing, and take the place of the right one."""
        file = tmp_path / "keys" / "secret.key"
        line = replace(line_of(own_settings), settings={"MAQUETTE_SECRET_KEY_FILE": str(file)})
        first = line.run("workspace", "create", "Acme", "--owner", "ann@example.com")
        assert f"the sealing key was made in {file}: keep a copy of it" in first.stderr
        slug = first.stdout.split()[1]
        assert line.tell("key", "list", "--workspace", slug)  # with nothing on the error stream: it's told of once
        file.unlink()
        told = f"There is no secret.key in {file.parent}: put the one there that belongs to this store, or give"
        for arguments in (
            ("key", "list", "--workspace", slug),
            ("workspace", "create", "B", "--owner", "b@example.com"),
        ):
            assert line.refused(*arguments).startswith(told)
        assert [] == list(file.parent.iterdir())

    def test_none_is_made_for_a_store_that_is_out_of_reach(self, tmp_path: Path) -> None:
        """Who mistypes an address has no key for it afterwards."""
        store = ("--database-url", "postgresql://nobody@127.0.0.1:1/none")
        line = CommandLine(store, {"HOME": str(tmp_path), "MAQUETTE_SECRET_KEY": ""})
        assert line.refused("plan", "set", "gold").startswith("The store can't be used:")
        assert [] == list(tmp_path.iterdir())


class TestMember:
    def test_add(self, line: CommandLine) -> None:
        """The person's id; again changes the role and not the person."""
        slug = line.workspace()
        options = ("member", "add", "--workspace", slug, "--email", "{/}bob@example.com")
        made = line.tell(*options, "--role", "admin")
        assert (["id"], str(UUID(made["id"]))) == (list(made), made["id"])
        assert line.tell(*options, "--role", "member") == made
        assert f"{{/}}bob@example.com is owner of {slug}" in line.run(*options, "--role", "owner").stdout

    def test_invite(self, line: CommandLine) -> None:
        """The person's id; they belong to it from the moment they follow the link, by the name that was given."""
        slug = line.workspace()
        options = ("member", "invite", "--workspace", slug, "--role", "member", "--name", "[/] :key:", "--email")
        made = line.tell(*options, "bob@example.com")
        assert (["id"], str(UUID(made["id"]))) == (list(made), made["id"])
        assert f"bo@example.com is invited to {slug} as member" in line.run(*options, "bo@example.com").stdout
        found = {one["id"]: one for one in line.tell("member", "list", "--workspace", slug)["members"]}
        assert ("[/] :key:", "invited") == (found[made["id"]]["name"], found[made["id"]]["status"])

    def test_role(self, line: CommandLine) -> None:
        """Another role, but the last owner stays one."""
        slug = line.workspace()
        added = line.tell("member", "add", "--workspace", slug, "--email", "bob@example.com", "--role", "member")
        options = ("member", "role", "--workspace", slug, "--email")
        assert line.tell(*options, "bob@example.com", "--role", "admin") == {**added, "role": "admin"}
        assert (
            f"bob@example.com is member of {slug}" in line.run(*options, "bob@example.com", "--role", "member").stdout
        )
        refused = line.refused(*options, "ann@example.com", "--role", "member")
        assert refused == "The last owner can't go: make somebody else an owner first."

    def test_remove(self, line: CommandLine) -> None:
        """They are listed no more, and a stranger can't be removed."""
        slug = line.workspace()
        added = line.tell("member", "add", "--workspace", slug, "--email", "bob@example.com", "--role", "member")
        options = ("member", "remove", "--workspace", slug, "--email", "bob@example.com")
        assert line.tell(*options) == added
        assert ["ann"] == [one["name"] for one in line.tell("member", "list", "--workspace", slug)["members"]]
        assert line.refused(*options) == "There is no such member."

    def test_list(self, line: CommandLine) -> None:
        """By name, with whole ids also where the window is narrow, and with what looks like markup as text."""
        slug = line.workspace()
        options = ("member", "invite", "--workspace", slug, "--role", "admin", "--email", "zoe@example.com")
        invited = line.tell(*options, "--name", "[/] :key: of a very long name")
        found = line.tell("member", "list", "--workspace", slug)["members"]
        assert ["name", "email", "role", "status", "id", "since"] == list(found[0])
        assert ["[/] :key: of a very long name", "ann"] == [one["name"] for one in found]
        assert [("admin", "invited"), ("owner", "active")] == [(one["role"], one["status"]) for one in found]
        assert found[0]["id"] == invited["id"]
        shown = line.run("member", "list", "--workspace", slug).stdout
        assert all(value in shown for one in found for value in one.values())

    def test_a_role_that_isn_t_one_is_said(self, line: CommandLine) -> None:
        """With those that are."""
        done = line.run("member", "add", "--workspace", "x", "--email", "b@example.com", "--role", "king")
        assert done.exit_code != 0
        assert all(role in done.stderr for role in ("owner", "admin", "member"))


class TestAudit:
    def test_who_did_what(self, line: CommandLine) -> None:
        """The newest first, as many as asked for, of one kind, since a moment."""
        slug = line.workspace()
        made = line.tell("key", "create", "--workspace", slug, "--name", "a")
        line.tell("key", "revoke", made["id"], "--workspace", slug)
        found = line.tell("audit", "--workspace", slug)["events"]
        assert ["credential.revoked", "credential.created"] == [one["type"] for one in found[:2]]
        assert ["at", "type", "subject", "actor", "key", "address", "request"] == list(found[0])
        assert [made["id"], made["id"]] == [one["subject"] for one in found[:2]]
        assert found[:1] == line.tell("audit", "--workspace", slug, "--limit", "1")["events"]
        assert found[1:2] == line.tell("audit", "--workspace", slug, "--type", "credential.created")["events"]
        assert [] == line.tell("audit", "--workspace", slug, "--since", "2999-01-01")["events"]
        assert made["id"] in line.run("audit", "--workspace", slug).stdout

    def test_what_matches_nothing_is_said(self, line: CommandLine) -> None:
        """Apart from a log that is empty; a type that there isn't, with those that there are."""
        slug = line.workspace()
        for filter in (("--type", "project.deleted"), ("--since", "2999-01-01")):
            assert "No events match.\n" == line.run("audit", "--workspace", slug, *filter).stdout
        done = line.run("audit", "--workspace", slug, "--type", "nope")
        assert 2 == done.exit_code
        assert all(type in done.stderr for type in ("project.deleted", "credential.rotated", "webhook.test"))

    def test_every_type_is_known(self) -> None:
        """What a verb can write into the log can be asked for."""
        nouns = "|".join({type.partition(".")[0] for type in TYPES})
        source = "".join(file.read_text("utf-8") for file in (SOURCE / "domain").glob("*.py"))
        assert set() == set(re.findall(rf'"((?:{nouns})\.[a-z_]+)"', source)) - set(TYPES)


class TestPlan:
    def test_list(self, line: CommandLine) -> None:
        """Each with its three limits, null where there is none."""
        line.workspace()
        found = {plan.pop("name"): plan for plan in line.tell("plan", "list")["plans"]}
        assert found["professional"] == {"month": 50_000, "burst": 100, "projects": 25}
        assert found["unlimited"] == {"month": None, "burst": None, "projects": None}
        assert "professional" in line.run("plan", "list").stdout

    def test_set(self, line: CommandLine) -> None:
        """What is named is set, what isn't stays; a new plan begins without limits."""
        made = line.tell("plan", "set", "gold", "--month", "5")
        assert made == {"name": "gold", "month": 5, "burst": None, "projects": None}
        changed = line.tell("plan", "set", "gold", "--month", "unlimited", "--burst", "0", "--projects", "7")
        assert changed == {"name": "gold", "month": None, "burst": 0, "projects": 7}
        assert "month without limit, burst 0, projects 7" in line.run("plan", "set", "gold").stdout

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("gold", "--month", "-1"), "The month must be 0 or more."),
            (("Gold",), "The plan must be a lower-case name."),
            (("gold", "--burst", "9" * 30), "The burst must be 0 or more."),
        ],
    )
    def test_what_is_wrong_is_said(self, line: CommandLine, arguments: tuple[str, ...], sentence: str) -> None:
        """On the error stream, in a sentence, with status 1."""
        assert line.refused("plan", "set", *arguments) == sentence

    def test_a_limit_that_is_no_number_is_said(self, line: CommandLine) -> None:
        """Before anything is looked at."""
        done = line.run("plan", "set", "gold", "--month", "lots")
        assert done.exit_code != 0
        assert "neither a number nor 'unlimited'" in done.stderr


class TestStore:
    def test_an_address_of_something_else_is_said(self, tmp_path: Path) -> None:
        """Before anything is looked for there, and without the password."""
        for store in ("mysql://ann:hunter2@db/maquette", "db.example/maquette"):
            done = CommandLine(("--database-url", store), {}).run("plan", "list")
            assert (2, True) == (done.exit_code, "must begin with postgresql://" in done.stderr)
            assert "hunter2" not in done.output

    def test_one_that_can_t_be_reached_is_said(self, tmp_path: Path) -> None:
        """A PostgreSQL that isn't there, a folder that is a file."""
        file = tmp_path / "file"
        file.touch()
        key = {"MAQUETTE_SECRET_KEY": "A" * 43 + "="}
        for store in (("--database-url", "postgresql://nobody@127.0.0.1:1/none"), ("--data", str(file / "below"))):
            assert CommandLine(store, key).refused("plan", "set", "gold").startswith("The store can't be used:")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("workspace", "list"),
            ("workspace", "plan", "acme", "starter"),
            ("member", "list", "--workspace", "acme"),
            ("member", "add", "--workspace", "acme", "--email", "b@example.com", "--role", "member"),
            ("key", "list", "--workspace", "acme"),
            ("key", "create", "--workspace", "acme", "--name", "a"),
            ("client", "create", "--workspace", "acme", "--name", "a"),
            ("plan", "list"),
            ("audit", "--workspace", "acme"),
            ("webhook", "list", "--workspace", "acme"),
            ("backup", "copy.db"),
        ],
        ids=lambda arguments: " ".join(arguments[:2]),
    )
    def test_one_that_is_not_there_is_said(self, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        """Whoever is in the wrong folder is told which one it is, and nothing is made in it."""
        line = CommandLine(("--data", str(tmp_path / "data")), {})
        assert line.refused(*arguments) == f"There is no store in {tmp_path / 'data'}; give --data."
        assert [] == list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        "arguments", [("workspace", "create", "A", "--owner", "a@example.com"), ("plan", "set", "a")]
    )
    def test_some_commands_make_one(self, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        """Those that a store may begin with."""
        line = CommandLine(("--data", str(tmp_path / "data")), {})
        assert line.run(*arguments).exit_code == 0
        assert line.tell("plan", "list")["plans"]

    def test_it_can_be_named_in_the_environment(self, line: CommandLine) -> None:
        """`MAQUETTE_DATA` and `MAQUETTE_DATABASE_URL` stand for the options."""
        slug = line.workspace()
        option, value = line.store
        name = "MAQUETTE_" + option.removeprefix("--").replace("-", "_").upper()
        found = CommandLine((), {**line.settings, name: value}).tell("workspace", "list")["workspaces"]
        assert slug in [one["slug"] for one in found]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def beside(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, CommandLine]]:
    """A server that runs, and a command line on the same store."""
    folder = tmp_path_factory.mktemp("beside")
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    settings = Settings(data=folder, database_url=url, secret_key=request.getfixturevalue("sealing_key"))
    options = ("--database-url", url) if url else ()
    served = serve(folder, *options, "--secret-key", str(settings.secret_key))
    yield served, line_of(settings)
    served.stop()


class TestBesideTheServer:
    """Every change is in force at once on SQLite, and within a second on PostgreSQL."""

    def call(self, served: Served, key: str, method: str = "GET") -> httpx2.Response:
        """What a call with this key is answered."""
        url = f"http://127.0.0.1:{served.port}/craftdesk/v1/projects"
        body = {"name": "Site"} if method == "POST" else None
        return httpx2.request(method, url, headers={"Authorization": f"Bearer {key}"}, json=body, timeout=PATIENCE_S)

    def soon(self, line: CommandLine, ask: Callable[[], httpx2.Response], status: int) -> httpx2.Response:
        """The first answer of that status, or that of a call made when the time for the change was over."""
        end = time.monotonic() + (1.0 if "--database-url" in line.store else 0.0)
        while True:
            is_late = time.monotonic() >= end
            answer = ask()
            if is_late or answer.status_code == status:
                return answer

    def test_a_key_is_made_and_revoked(self, beside: tuple[Served, CommandLine]) -> None:
        """Answered as soon as it's made, refused as soon as it's revoked."""
        served, line = beside
        slug = line.workspace()
        made = line.tell("key", "create", "--workspace", slug, "--name", "a")
        assert self.call(served, made["key"]).status_code == 200
        line.tell("key", "revoke", made["id"], "--workspace", slug)
        assert self.soon(line, lambda: self.call(served, made["key"]), 401).status_code == 401

    def test_a_plan_is_changed(self, beside: tuple[Served, CommandLine]) -> None:
        """Its limits, and then which one the workspace is on."""
        served, line = beside
        line.tell("plan", "set", "silver", "--month", "1000")
        slug = line.workspace("--plan", "silver")
        key = line.tell("key", "create", "--workspace", slug, "--name", "a")["key"]
        assert self.call(served, key).headers["x-ratelimit-limit"] == "1000"
        line.tell("plan", "set", "silver", "--month", "1")
        refused = self.soon(line, lambda: self.call(served, key), 429)
        assert (429, "1") == (refused.status_code, refused.headers["x-ratelimit-limit"])
        line.tell("workspace", "plan", slug, "unlimited")
        allowed = self.soon(line, lambda: self.call(served, key), 200)
        assert (200, False) == (allowed.status_code, "x-ratelimit-limit" in allowed.headers)

    def test_a_member_is_demoted(self, beside: tuple[Served, CommandLine]) -> None:
        """And with them their key."""
        served, line = beside
        slug = line.workspace()
        member = ("member", "add", "--workspace", slug, "--email", "bob@example.com", "--role")
        line.tell(*member, "admin")
        key = line.tell("key", "create", "--workspace", slug, "--name", "a", "--as", "bob@example.com")["key"]
        assert self.call(served, key, "POST").status_code == 201
        line.tell(*member, "member")
        assert self.soon(line, lambda: self.call(served, key, "POST"), 403).status_code == 403

    def test_a_pair_is_made(self, beside: tuple[Served, CommandLine]) -> None:
        """And exchanged for a token."""
        served, line = beside
        pair = line.tell("client", "create", "--workspace", line.workspace(), "--name", "a")
        body = {"clientId": pair["client_id"], "clientSecret": pair["client_secret"]}
        answer = httpx2.post(f"http://127.0.0.1:{served.port}/creatopy/v1/auth/token", json=body, timeout=PATIENCE_S)
        assert (200, ["token"]) == (answer.status_code, list(answer.json()))
