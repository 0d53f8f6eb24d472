"""`maquette serve`: what it prints, where it refuses to listen, whom it believes, and what it takes from where."""

import dataclasses
import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from maquette.cli import main
from maquette.settings import ENVIRONMENT_PREFIX, Settings
from maquette.store.database import open_database
from tests.ports import PATIENCE_S, free_port
from tests.server.certificate import Certificate
from tests.server.running import Served, environment, serve

SECRETS = (r"mq_live_", r"[0-9A-Za-z]{48}")
PASTE = 'set -euo pipefail; curl() { command curl --silent --show-error --fail "$@"; echo; }\n'


Start = Callable[..., Served]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that more than one server uses."""
    return tmp_path_factory.mktemp("serve")


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[Served]:
    """The first server on it."""
    served = serve(folder)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def second(folder: Path, first: Served) -> Iterator[Served]:
    """Another one, later, by name."""
    served = serve(folder, "--host", "localhost")
    yield served
    served.stop()


def pasted(served: Served) -> list[Any]:
    """What the lines to paste answer, when they are pasted into a shell."""
    lines = served.output.partition("\nCraftDesk\n")[2].replace("\nCreatopy\n", "\n")
    done = subprocess.run(["bash", "-c", PASTE + lines], capture_output=True, text=True, check=True, env=environment())
    return [json.loads(line) for line in done.stdout.splitlines() if line]


class TestFirstStart:
    def test_it_shows_what_was_made(self, first: Served) -> None:
        """A workspace, a key and a pair, and where the server and its reference are."""
        assert "my-workspace, on the business plan, owned by owner@example.com" in first.output
        assert re.search(r"API key \(CraftDesk\) +mq_live_\w{36}\n", first.output)
        assert re.search(r"clientId \(Creatopy\) +[0-9a-f-]{36}\n", first.output)
        assert re.search(r"clientSecret \(Creatopy\) +\w{48}\n", first.output)
        for url in set(re.findall(r"http://\S+/docs", first.output)):
            assert httpx2.get(url, timeout=PATIENCE_S).status_code == 200

    def test_its_lines_work_when_pasted(self, first: Served) -> None:
        """Line by line: nothing yet, a project made, and the same project through the other API."""
        assert 3 == first.output.count("\ncurl -w '\\n' ")
        empty, made, listed = pasted(first)
        assert ([], "Website Redesign") == (empty["data"], made["data"]["name"])
        assert ["Website Redesign"] == [node["name"] for node in listed["response"]["nodes"]]

    def test_the_key_that_was_made_is_told_of(self, first: Served, folder: Path) -> None:
        """Where it is, and that it must be kept."""
        assert f"the sealing key was made in {folder / 'secret.key'}: keep a copy of it" in first.output
        assert "links in letters" not in first.output

    def test_an_unknown_address_is_told_so(self, first: Served) -> None:
        """Over the real wire too."""
        assert httpx2.get(f"http://127.0.0.1:{first.port}/nothing", timeout=PATIENCE_S).status_code == 404


class TestTour:
    def test_the_readme_s_tour_can_be_walked(self, start: Callable[..., Served], tmp_path: Path) -> None:
        """On an empty folder, line by line as they stand: each call is answered without an error."""
        served = start(tmp_path)
        page = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
        tour = page.partition("## A tour")[2].partition("\n## ")[0]
        names, *lines = re.findall(r"```sh\n(.*?)```", tour, re.DOTALL)
        values = [served.key, served.found(r"clientId \(Creatopy\) +(\S+)"), served.found(r"clientSecret \S+ +(\S+)")]
        values = [f"http://127.0.0.1:{served.port}", *values]
        given = dict(zip(re.findall(r"^(\w+)=", names, re.MULTILINE), values, strict=True))
        text = "".join(lines)
        done = subprocess.run(
            ["bash", "-c", PASTE + text], capture_output=True, text=True, check=True, env={**environment(), **given}
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert text.count("curl ") - 1 == len(answers)  # one answer is kept in TOKEN


class TestSecondStart:
    def test_it_shows_no_secret(self, second: Served) -> None:
        """Nothing that was shown before is shown again."""
        assert not [pattern for pattern in SECRETS if re.search(pattern, second.output)]

    def test_no_key_was_made(self, second: Served) -> None:
        """It is told of once."""
        assert "sealing key" not in second.output

    def test_it_says_how_to_make_new_ones(self, second: Served, folder: Path) -> None:
        """In lines that work as they stand, once a name is given."""
        for line in re.findall(r"maquette (.* create .*)", second.output):
            assert CliRunner().invoke(main, line.replace("NAME", "again").split()).exit_code == 0
        assert second.output.count(f"--workspace my-workspace --name NAME --data {folder}") == 2

    def test_both_servers_answer(self, first: Served, second: Served) -> None:
        """Two processes on one store, one listening by name: what one writes, the other reads."""
        headers = {"Authorization": f"Bearer {first.key}"}
        made = httpx2.post(
            f"http://127.0.0.1:{first.port}/craftdesk/v1/projects",
            headers=headers,
            json={"name": "Shared"},
            timeout=PATIENCE_S,
        )
        found = httpx2.get(
            f"http://localhost:{second.port}/craftdesk/v1/projects/{made.json()['data']['id']}",
            headers=headers,
            timeout=PATIENCE_S,
        )
        assert (201, 200, "Shared") == (made.status_code, found.status_code, found.json()["data"]["name"])


class TestEscapedSlash:
    @pytest.mark.parametrize("server", ["granian", "uvicorn"])
    def test_it_reaches_no_other_route(self, server: str, start: Start, tmp_path: Path) -> None:
        """A reference that holds one is one reference, on both servers."""
        served = start(tmp_path, "--server", server)
        caller = httpx2.Client(
            base_url=f"http://127.0.0.1:{served.port}/craftdesk/v1/projects",
            headers={"authorization": f"Bearer {served.key}"},
        )
        with caller:
            slug = caller.post("", json={"name": "Whole"}).json()["data"]["slug"]
            assert (404, 405) == tuple(
                caller.request(method, f"/{slug}%2Farchive").status_code for method in ("GET", "POST")
            )
            assert 200 == caller.post(f"/{slug}/archive").status_code


class TestWhereItListens:
    def refused(self, tmp_path: Path, *options: str) -> str:
        """The sentence that it doesn't start with."""
        done = CliRunner().invoke(main, ["serve", "--data", str(tmp_path / "data"), *options])
        assert (1, "") == (done.exit_code, done.stdout)
        assert not (tmp_path / "data").exists()
        return done.stderr.strip()

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", ""])  # noqa: S104
    def test_not_in_the_clear_where_others_can_reach_it(self, tmp_path: Path, host: str) -> None:
        """The sentence names all that would mend it."""
        sentence = self.refused(tmp_path, "--host", host)
        assert "keys must not travel in the clear" in sentence
        assert all(option in sentence for option in ("--tls-cert", "--tls-key", "--trusted-proxy", "--host 127.0.0.1"))

    def test_not_where_somebody_else_does(self, tmp_path: Path) -> None:
        """A port in use is said, before the store is touched."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            sentence = self.refused(tmp_path, "--port", str(port))
        assert sentence == f"Can't listen on 127.0.0.1:{port}: Address already in use."

    def test_not_at_a_name_that_is_nobody_s(self, tmp_path: Path) -> None:
        """A slip in the host's name is said."""
        assert self.refused(tmp_path, "--host", "nobody.invalid") == "There is no address for --host nobody.invalid."

    def test_not_with_half_a_certificate(self, tmp_path: Path, certificate: Certificate) -> None:
        """Nor with a file that isn't there, nor with a key that is another's."""
        assert "both --tls-cert and --tls-key" in self.refused(tmp_path, "--tls-cert", str(certificate.cert))
        absent = ("--tls-cert", str(certificate.cert), "--tls-key", "/nowhere/key.pem")
        assert self.refused(tmp_path, *absent) == "There is no file /nowhere/key.pem."
        wrong = ("--tls-cert", str(certificate.cert), "--tls-key", str(certificate.cert))
        assert "are not a certificate chain (PEM) and its private key" in self.refused(tmp_path, *wrong)


class TestHttps:
    @pytest.mark.parametrize("server", ["granian", "uvicorn"])
    def test_it_is_served_for_real(
        self, start: Callable[..., Served], tmp_path: Path, certificate: Certificate, server: str
    ) -> None:
        """Whoever trusts the certificate is answered, who speaks plain HTTP is not; the lines to paste work."""
        served = start(tmp_path, *certificate.options, "--server", server, "--host", "0.0.0.0")  # noqa: S104
        assert "//0.0.0.0" not in served.output  # which can't be called
        assert f"links in letters lead to https://127.0.0.1:{served.port}, which others can't follow" in served.output
        assert "--public-url" in served.output
        found = httpx2.get(
            f"https://127.0.0.1:{served.port}/craftdesk/v1/projects",
            headers={"Authorization": f"Bearer {served.key}"},
            verify=certificate.trusted(),
            timeout=PATIENCE_S,
        )
        assert (200, []) == (found.status_code, found.json()["data"])
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"http://127.0.0.1:{served.port}/healthz", timeout=PATIENCE_S)
        assert [answer["data"]["name"] for answer in pasted(served)[1:2]] == ["Website Redesign"]


ENVIRONMENT: dict[str, tuple[str, Any]] = {
    "data": ("/srv/maquette", Path("/srv/maquette")),
    "database_url": ("postgresql://a@b/c", "postgresql://a@b/c"),
    "object_store_url": ("s3://bucket/prefix", "s3://bucket/prefix"),
    "valkey_url": ("redis://a:1/2", "redis://a:1/2"),
    "secret_key": ("secret", "secret"),
    "secret_key_file": ("/run/secret.key", Path("/run/secret.key")),
    "host": ("127.0.0.9", "127.0.0.9"),
    "port": ("18199", 18199),
    "tls_cert": ("/run/cert.pem", Path("/run/cert.pem")),
    "tls_key": ("/run/key.pem", Path("/run/key.pem")),
    "trusted_proxies": ("10.0.0.0/8 fd00::1", (ip_network("10.0.0.0/8"), ip_network("fd00::1"))),
    "allowed_origins": ("https://a.example https://b.example", frozenset({"https://a.example", "https://b.example"})),
    "webhook_allow": ("192.168.0.0/16", (ip_network("192.168.0.0/16"),)),
    "public_url": ("https://maquette.example", "https://maquette.example"),
    "smtp_url": ("smtps://a:b@c:465", "smtps://a:b@c:465"),
    "mail_from": ("house@example.com", "house@example.com"),
    "server": ("uvicorn", "uvicorn"),
    "token_ttl_s": ("60", 60),
    "drain_s": ("3", 3),
    "log_level": ("WARNING", "warning"),
    "worker": ("false", False),
}


class TestBaseUrl:
    @pytest.mark.parametrize(
        ("given", "base_url", "needs_public_url"),
        [
            ({}, "http://127.0.0.1:8080", False),
            ({"host": "0.0.0.0"}, "http://127.0.0.1:8080", True),  # noqa: S104
            ({"host": ""}, "http://127.0.0.1:8080", True),
            ({"host": "::"}, "http://[::1]:8080", True),
            ({"host": "192.0.2.1"}, "http://192.0.2.1:8080", False),
            ({"trusted_proxies": (ip_network("127.0.0.0/8"),)}, "http://127.0.0.1:8080", True),
            ({"host": "0.0.0.0", "public_url": "https://m.example/"}, "https://m.example", False),  # noqa: S104
        ],
    )
    def test_it_can_be_called(self, given: dict[str, Any], base_url: str, needs_public_url: bool) -> None:
        """Whatever is listened on; and whether it is one for this machine alone."""
        settings = Settings(**given)
        assert (base_url, needs_public_url) == (settings.base_url(), settings.needs_public_url())


class TestSettings:
    @pytest.fixture
    def given(self, monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
        """The settings that a server would have been started with."""
        found: list[Settings] = []
        for step in ("require_safe", "require_free_port", "_configure_logging"):
            monkeypatch.setattr(f"maquette.cli.serve.{step}", lambda *_: None)
        monkeypatch.setattr("maquette.cli.serve._run", found.append)
        for name in ENVIRONMENT:
            monkeypatch.delenv(ENVIRONMENT_PREFIX + name.upper(), raising=False)
        return found

    @pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Settings)])
    def test_each_has_its_name_in_the_environment(
        self, given: list[Settings], monkeypatch: pytest.MonkeyPatch, field: str
    ) -> None:
        """`MAQUETTE_` and the setting's own name; several values are parted by spaces."""
        text, value = ENVIRONMENT[field]
        monkeypatch.setenv(ENVIRONMENT_PREFIX + field.upper(), text)
        assert CliRunner().invoke(main, ["serve"]).exit_code == 0
        assert given == [dataclasses.replace(Settings(), **{field: value})]

    def test_without_any_they_are_the_defaults(self, given: list[Settings]) -> None:
        """What the command line says of itself is what the settings say."""
        assert CliRunner().invoke(main, ["serve"]).exit_code == 0
        assert given == [Settings()]

    def test_an_option_counts_more_than_the_environment(
        self, given: list[Settings], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is typed now was meant now."""
        monkeypatch.setenv("MAQUETTE_PORT", "18199")
        assert CliRunner().invoke(main, ["serve", "--port", "18198"]).exit_code == 0
        assert given[0].port == 18198

    @pytest.mark.parametrize(
        ("name", "text"), [("PORT", "many"), ("PORT", "0"), ("TRUSTED_PROXIES", "10.0.0.0/99"), ("SERVER", "apache")]
    )
    def test_a_value_that_makes_no_sense_is_said(
        self, given: list[Settings], monkeypatch: pytest.MonkeyPatch, name: str, text: str
    ) -> None:
        """And nothing is started."""
        monkeypatch.setenv(ENVIRONMENT_PREFIX + name, text)
        done = CliRunner().invoke(main, ["serve"])
        assert (2, []) == (done.exit_code, given)
        assert text in done.stderr

    @pytest.mark.parametrize(
        ("name", "text", "told"),
        [
            ("SMTP_URL", "pop3://ann:hunter2@mail.example", "smtp[s]://"),
            ("DATABASE_URL", "mysql://ann:hunter2@db/maquette", "must begin with postgresql://"),
            ("VALKEY_URL", "localhost:6379", "redis[s]://"),
            ("VALKEY_URL", "http://:hunter2@cache:6379", "redis[s]://"),
            ("VALKEY_URL", "redis://:hunter2@cache:many", "redis[s]://"),
            ("VALKEY_URL", "redis://:hunter2@cache?colour=red", "redis[s]://"),
            ("PUBLIC_URL", "nope", "https://maquette.example.com"),
            ("PUBLIC_URL", "ftp://files.example", "https://maquette.example.com"),
            ("PUBLIC_URL", "https://ann:hunter2@maquette.example", "https://maquette.example.com"),
            ("PUBLIC_URL", "https://:8080", "https://maquette.example.com"),
            ("PUBLIC_URL", "https://a.example:many", "https://maquette.example.com"),
            ("PUBLIC_URL", "https://a.example/?page=1", "https://maquette.example.com"),
            ("ALLOWED_ORIGINS", "https://a.example nope", "or * for all"),
            ("ALLOWED_ORIGINS", "https://a.example/", "or * for all"),
            ("ALLOWED_ORIGINS", "https://A.example", "or * for all"),
            ("MAIL_FROM", "nope", "must be one e-mail address"),
            ("MAIL_FROM", "a@example.com, b@example.com", "must be one e-mail address"),
        ],
    )
    def test_an_address_that_makes_no_sense_is_said(
        self, given: list[Settings], monkeypatch: pytest.MonkeyPatch, name: str, text: str, told: str
    ) -> None:
        """How it is written, and not what was: there may be a password in it."""
        monkeypatch.setenv(ENVIRONMENT_PREFIX + name, text)
        done = CliRunner().invoke(main, ["serve"])
        assert (2, []) == (done.exit_code, given)
        assert told in " ".join(done.stderr.replace("│", "").split())
        assert "hunter2" not in done.output

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("valkey_url", "rediss://:secret@[::1]:6380/1"),
            ("valkey_url", "unix:///run/valkey.sock"),
            ("database_url", "postgres://a@b/c"),
            ("public_url", "http://192.0.2.1:8080/maquette/"),
            ("mail_from", "Maquette <house@example.com>"),
        ],
    )
    def test_an_address_may_be_written_in_more_than_one_way(self, given: list[Settings], name: str, text: str) -> None:
        """And is kept as it was given."""
        assert CliRunner().invoke(main, ["serve", f"--{name.replace('_', '-')}", text]).exit_code == 0
        assert text == getattr(given[0], name)

    @pytest.mark.parametrize("origin", ["*", "http://localhost:3000", "https://[::1]", "chrome-extension://abcdef"])
    def test_an_origin_is_what_browsers_send(self, given: list[Settings], origin: str) -> None:
        """Of any scheme, or all of them."""
        assert CliRunner().invoke(main, ["serve", "--allow-origin", origin]).exit_code == 0
        assert {origin} == given[0].allowed_origins

    @pytest.mark.parametrize(
        "option", ["smtp-url", "valkey-url", "database-url", "public-url", "mail-from", "allow-origin"]
    )
    def test_what_is_empty_was_not_given(self, given: list[Settings], option: str) -> None:
        """As a variable that a script leaves empty."""
        assert CliRunner().invoke(main, ["serve", f"--{option}", ""]).exit_code == 0
        assert [Settings()] == given


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two origins allowed, on uvicorn, with a sealing key of its own, and all of it said in the environment."""
    folder, port = tmp_path_factory.mktemp("proxied"), free_port()
    served = serve(
        folder,
        port=port,
        settings={
            "MAQUETTE_DATA": str(folder),
            "MAQUETTE_PORT": str(port),
            "MAQUETTE_HOST": "0.0.0.0",  # noqa: S104
            "MAQUETTE_TRUSTED_PROXIES": "127.0.0.0/8 ::1",
            "MAQUETTE_ALLOWED_ORIGINS": "https://app.example.com https://b.example.com",
            "MAQUETTE_SERVER": "uvicorn",
            "MAQUETTE_TOKEN_TTL_S": "60",
            "MAQUETTE_DRAIN_S": "2",
            "MAQUETTE_SECRET_KEY": Fernet.generate_key().decode(),
        },
    )
    yield served
    served.stop()


class TestBehindAProxy:
    """A proxy on the same machine, which is trusted."""

    def call(self, served: Served, path: str, method: str = "GET", **headers: str) -> httpx2.Response:
        """A call with the first key, as the proxy hands it on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.request(
            method,
            f"http://127.0.0.1:{served.port}{path}",
            headers={"Authorization": f"Bearer {served.key}", **named},
            json={"name": "Site"} if method == "POST" else None,
            timeout=PATIENCE_S,
        )

    def test_plain_http_before_the_proxy_is_refused(self, proxied: Served) -> None:
        """In each dialect's own words, and never redirected."""
        craftdesk = self.call(proxied, "/craftdesk/v1/projects", x_forwarded_proto="http")
        creatopy = self.call(proxied, "/creatopy/v1/projects", x_forwarded_proto="http")
        assert [403, 403] == [craftdesk.status_code, creatopy.status_code]
        assert (["transport"], ["error"]) == (list(craftdesk.json()["errors"]), list(creatopy.json()))

    def test_https_before_the_proxy_is_answered(self, proxied: Served) -> None:
        """The proxy's word is believed."""
        assert self.call(proxied, "/craftdesk/v1/projects", x_forwarded_proto="https").status_code == 200

    async def test_the_caller_is_whom_the_proxy_names(self, proxied: Served) -> None:
        """The audit row has the caller's address, and not what the caller wrote in front."""
        made = self.call(
            proxied,
            "/craftdesk/v1/projects",
            "POST",
            x_forwarded_proto="https",
            x_forwarded_for="198.51.100.1, 203.0.113.9",
        )
        assert made.status_code == 201
        assert await _address(proxied, made.json()["data"]["id"]) == "203.0.113.9"

    async def test_a_stranger_s_word_is_not_believed(self, first: Served) -> None:
        """Where no proxy is trusted, these headers say nothing."""
        made = self.call(
            first, "/craftdesk/v1/projects", "POST", x_forwarded_proto="http", x_forwarded_for="203.0.113.9"
        )
        assert made.status_code == 201
        assert await _address(first, made.json()["data"]["id"]) == "127.0.0.1"

    def test_origins_that_are_listed_may_call(self, proxied: Served, first: Served) -> None:
        """Their pages are told so; others are refused, and without a list all others are."""
        listed = self.call(proxied, "/craftdesk/v1/projects", origin="https://b.example.com")
        assert (200, "https://b.example.com") == (listed.status_code, listed.headers["access-control-allow-origin"])
        for served, origin in ((proxied, "https://c.example.com"), (first, "https://b.example.com")):
            refused = self.call(served, "/craftdesk/v1/projects", origin=origin)
            assert (403, False) == (refused.status_code, "access-control-allow-origin" in refused.headers)

    def test_a_browser_may_ask_before_it_calls(self, proxied: Served) -> None:
        """Without a credential, as browsers do."""
        asked = httpx2.options(
            f"http://127.0.0.1:{proxied.port}/craftdesk/v1/projects",
            headers={"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"},
            timeout=PATIENCE_S,
        )
        assert (204, True) == (asked.status_code, "POST" in asked.headers["access-control-allow-methods"])

    def test_the_settings_of_the_environment_are_in_force(self, proxied: Served) -> None:
        """Tokens last as long as was said, and no sealing key was made where one was given."""
        body = {
            "clientId": proxied.found(r"clientId \(Creatopy\) +(\S+)"),
            "clientSecret": proxied.found(r"clientSecret \(Creatopy\) +(\S+)"),
        }
        answer = httpx2.post(f"http://127.0.0.1:{proxied.port}/creatopy/v1/auth/token", json=body, timeout=PATIENCE_S)
        claims = jwt.decode(answer.json()["token"], options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == 60
        assert not (proxied.output_file.parent / "secret.key").exists()


async def _address(served: Served, project_id: str) -> str:
    """From where the project was made, by the audit's account."""
    store = open_database(url=None, data=served.output_file.parent)
    found = await store.read(lambda tx: tx.value("SELECT address FROM events WHERE subject_id = $1", project_id))
    await store.close()
    return str(found)
