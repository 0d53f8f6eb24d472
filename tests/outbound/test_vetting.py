"""Can the server be used to reach inside? Not by an address, a name, a name that moves, nor a certificate."""

import asyncio
import socket
import ssl
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import uvloop

from maquette.outbound import lookup
from maquette.outbound.addresses import Address
from maquette.outbound.http import Sender
from maquette.outbound.lookup import NameUnknown, ResolverBusy, SystemResolver
from maquette.outbound.outcomes import NotDelivered, NotTried, ReceiverResponse
from maquette.outbound.pins import MAX_ADDRESSES, PinnedResolver, pinned, unpinned
from maquette.outbound.urls import BadUrl, read
from tests.outbound.certificates import Authority
from tests.outbound.receiver import LOOPBACK, OK, Names, listening, saying
from tests.outbound.test_addresses import BAD, GOOD
from tests.outbound.test_urls import LOOPBACK as WRITTEN_OTHERWISE

UNLESS = ", unless the server's operator opens the network it is in (--webhook-allow)"
INSIDE = "must not lead to a private or reserved address" + UNLESS
HTTPS = "must start with https://" + UNLESS
PORT = "must use port 443" + UNLESS

Senders = Callable[..., Sender]


@pytest.fixture
async def sender_with() -> AsyncIterator[Senders]:
    """Makes senders with these names, and closes them."""
    async with AsyncExitStack() as stack:

        def make(names: dict[str, list[Sequence[str]]] | None = None, *, allow: Any = (), **options: Any) -> Sender:
            sender = Sender(allow, **{"resolver": Names(names or {})} | options)
            stack.push_async_callback(sender.close)
            return sender

        yield make


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Whom the senders here trust."""
    return Authority(tmp_path)


async def vetted(sender: Sender, url: str) -> str | None:
    """The sentence that a URL is refused with."""
    try:
        await sender.vet(url)
    except BadUrl as error:
        return str(error)
    return None


async def posted(sender: Sender, url: str) -> ReceiverResponse | str:
    """The answer, or the kind of what stood in its way."""
    try:
        return await sender.post(url, {}, b"{}")
    except NotDelivered as failure:
        return failure.reason_kind


def in_url(address: str) -> str:
    """As it stands in a URL."""
    return f"[{address}]" if ":" in address else address


class TestVet:
    @pytest.mark.parametrize("address", [each for each in BAD if "%" not in each])
    async def test_an_address_inside_is_refused(self, sender_with: Senders, address: str) -> None:
        """Whether it stands in the URL or behind a name."""
        sender = sender_with({"a.test": [[address]]})
        assert [INSIDE] * 2 == [await vetted(sender, f"https://{host}/") for host in (in_url(address), "a.test")]

    @pytest.mark.parametrize("address", GOOD)
    async def test_an_address_outside_is_not(self, sender_with: Senders, address: str) -> None:
        """By HTTPS on its own port."""
        sender = sender_with({"a.test": [[address]]})
        for host in (in_url(address), "a.test"):
            assert [None, HTTPS, PORT] == [
                await vetted(sender, f"{start}{host}{end}")
                for start, end in (("https://", ":443/"), ("http://", "/"), ("https://", ":8443/"))
            ]

    @pytest.mark.parametrize("host", WRITTEN_OTHERWISE)
    async def test_an_address_written_otherwise_is_refused(self, sender_with: Senders, host: str) -> None:
        """As numerals of any kind."""
        assert INSIDE == await vetted(sender_with(), f"https://{host}/")

    async def test_one_bad_address_refuses_all(self, sender_with: Senders) -> None:
        """Wherever it stands among the good ones."""
        names = {"first.test": [["127.0.0.1", "8.8.8.8"]], "last.test": [["8.8.8.8", "2606:4700::1", "::1"]]}
        sender = sender_with(names)
        assert [INSIDE] * 2 == [await vetted(sender, f"https://{name}/") for name in names]

    async def test_a_name_that_is_nowhere_is_taken(self, sender_with: Senders) -> None:
        """It may be somewhere later; its form is looked at all the same."""
        sender = sender_with()
        assert [None, HTTPS, PORT] == [
            await vetted(sender, url) for url in ("https://a.test/", "http://a.test/", "https://a.test:8443/")
        ]

    async def test_a_name_that_nobody_answers_for_is_taken(self, sender_with: Senders) -> None:
        """After a while."""

        class Silent:
            async def resolve(self, name: str, workspace: int) -> Sequence[Address]:
                await asyncio.Event().wait()
                raise AssertionError

        assert None is await vetted(sender_with(resolver=Silent(), connect_s=0.05), "https://a.test/")

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("http://10.0.0.5:9000/", None),
            ("http://[::ffff:10.0.0.5]/", None),
            ("http://inside.test:9000/", None),
            ("http://nowhere.test:9000/", None),
            ("http://8.8.8.8/", HTTPS),
            ("https://outside.test:9000/", PORT),
            ("http://both.test/", HTTPS),
            ("https://both.test/", None),
            ("https://mixed.test/", INSIDE),
            ("https://127.0.0.1/", INSIDE),
        ],
    )
    async def test_what_the_operator_allows(self, sender_with: Senders, url: str, sentence: str | None) -> None:
        """Http and any port, to those addresses alone."""
        names = {
            "inside.test": [["10.0.0.5"]],
            "outside.test": [["8.8.8.8"]],
            "both.test": [["10.0.0.5", "8.8.8.8"]],
            "mixed.test": [["10.0.0.5", "127.0.0.1"]],
        }
        assert sentence == await vetted(sender_with(names, allow=[ip_network("10.0.0.0/8")]), url)

    @pytest.mark.parametrize(("url", "sentence"), [("http://a.test/", HTTPS), ("https://a.test:8443/", PORT)])
    async def test_what_it_opens_is_no_way_outside(self, sender_with: Senders, url: str, sentence: str) -> None:
        """A name that is nowhere is taken in any form, since it may come to live there; elsewhere nothing is sent."""
        sender = sender_with({"a.test": [[], ["8.8.8.8"]]}, allow=LOOPBACK)
        assert None is await vetted(sender, url)
        assert "bad_url" == await posted(sender, url)
        assert sentence == await vetted(sender, url)


class TestVetted:
    async def test_what_is_connected_to_is_what_was_compared(self) -> None:
        """A mapped address is its IPv4 address from then on; one that comes twice counts once."""
        names = Names({"a.test": [["::ffff:8.8.8.8", "2606:4700::1", "8.8.8.8"]]})
        found = await lookup.vetted(read("https://a.test/"), names, ())
        assert (ip_address("8.8.8.8"), ip_address("2606:4700::1")) == found

    async def test_no_address_at_all(self) -> None:
        """It is as if the name were unknown."""
        with pytest.raises(NameUnknown):
            await lookup.vetted(read("https://a.test/"), Names({"a.test": [[]]}), ())


class TestPost:
    @pytest.mark.parametrize(
        ("url", "kind"),
        [
            ("https://127.0.0.1/", "refused_address"),
            ("https://0x7f.1/", "refused_address"),
            ("https://inside.test/", "refused_address"),
            ("http://outside.test/", "bad_url"),
            ("gopher://outside.test/", "bad_url"),
            ("https://a@outside.test/", "bad_url"),
            ("https://nowhere.test/", "name"),
        ],
    )
    async def test_every_attempt_is_vetted(self, sender_with: Senders, url: str, kind: str) -> None:
        """Nothing depends on the URL having been vetted when it was kept."""
        sender = sender_with({"inside.test": [["8.8.8.8", "169.254.169.254"]], "outside.test": [["8.8.8.8"]]})
        assert kind == await posted(sender, url)

    async def test_a_name_that_moves_inside_is_refused(self, sender_with: Senders) -> None:
        """Good when it was vetted and good once; then nothing is sent, and the kept connection isn't used either."""
        sender = sender_with({"a.test": [["127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"]]}, allow=LOOPBACK)
        async with (
            listening(saying(OK)) as outside,
            listening(saying(OK), host="127.0.0.2", port=outside.port) as inside,
        ):
            url = f"http://a.test:{outside.port}/"
            assert None is await vetted(sender, url)
            answer = await posted(sender, url)
            assert isinstance(answer, ReceiverResponse)
            assert "refused_address" == await posted(sender, url)
        assert (1, 0) == (len(outside.requests), inside.connections)

    async def test_the_name_is_looked_up_once(self, sender_with: Senders) -> None:
        """What was vetted is what is connected to, whatever a second look would say."""
        names = Names({"a.test": [["127.0.0.1"], ["127.0.0.2"]]})
        async with (
            listening(saying(OK)) as outside,
            listening(saying(OK), host="127.0.0.2", port=outside.port) as inside,
        ):
            await posted(sender_with(allow=LOOPBACK, resolver=names), f"http://a.test:{outside.port}/")
        assert (1, 0, [["127.0.0.2"]]) == (outside.connections, inside.connections, names.answers["a.test"])

    async def test_the_next_address_is_tried(self, sender_with: Senders) -> None:
        """Where nobody listens at the first."""
        sender = sender_with({"a.test": [["127.0.0.2", "127.0.0.1"]]}, allow=[ip_network("127.0.0.0/8")])
        async with listening(saying(OK)) as receiver:
            assert isinstance(await posted(sender, f"http://a.test:{receiver.port}/"), ReceiverResponse)


class TestCertificate:
    @pytest.mark.parametrize("host", ["hooks.test", "hooks.test.", "127.0.0.1", "0x7f.1"])
    async def test_it_is_for_the_name_in_the_url(self, sender_with: Senders, authority: Authority, host: str) -> None:
        """Not for the address that is connected to; an address is named by its own."""
        name = "hooks.test" if host.startswith("hooks") else "127.0.0.1"
        names: dict[str, list[Sequence[str]]] = {host: [["127.0.0.1"]]}
        sender = sender_with(names, allow=LOOPBACK, tls_context=authority.trusted())
        async with listening(saying(OK), tls=authority.serving(name)) as receiver:
            answers = [await posted(sender, f"https://{host}:{receiver.port}/") for _ in range(2)]
        assert all(isinstance(answer, ReceiverResponse) for answer in answers)
        expected = host if host.startswith("hooks") else name
        assert f"Host: {expected}:{receiver.port}\r\n".encode() in receiver.requests[0]
        assert 1 == receiver.connections

    @pytest.mark.parametrize(
        ("name", "expired", "sentence"),
        [("other.test", False, "Hostname mismatch"), ("127.0.0.1", False, "mismatch"), ("hooks.test", True, "expired")],
        ids=["other name", "address", "expired"],
    )
    async def test_another_is_refused(
        self, sender_with: Senders, authority: Authority, name: str, expired: bool, sentence: str
    ) -> None:
        """And nothing is sent."""
        sender = sender_with({"hooks.test": [["127.0.0.1"]]}, allow=LOOPBACK, tls_context=authority.trusted())
        async with listening(saying(OK), tls=authority.serving(name, expired=expired)) as receiver:
            with pytest.raises(NotDelivered, match=sentence) as caught:
                await sender.post(f"https://hooks.test:{receiver.port}/", {}, b"{}")
        assert ("tls", []) == (caught.value.reason_kind, receiver.requests)

    async def test_an_unknown_authority_is_refused(self, sender_with: Senders, authority: Authority) -> None:
        """A sender trusts whom the system trusts."""
        sender = sender_with({"hooks.test": [["127.0.0.1"]]}, allow=LOOPBACK)
        async with listening(saying(OK), tls=authority.serving("hooks.test")) as receiver:
            with pytest.raises(NotDelivered, match="unable to get local issuer certificate") as caught:
                await sender.post(f"https://hooks.test:{receiver.port}/", {}, b"{}")
        assert ("tls", []) == (caught.value.reason_kind, receiver.requests)

    async def test_a_receiver_without_tls_is_refused(self, sender_with: Senders, authority: Authority) -> None:
        """It never sees the request in the clear."""
        sender = sender_with({"hooks.test": [["127.0.0.1"]]}, allow=LOOPBACK, tls_context=authority.trusted())

        async def script(connection: Any) -> None:
            await connection.reader.read(10)
            await connection.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        async with listening(script) as receiver:
            assert "tls" == await posted(sender, f"https://hooks.test:{receiver.port}/")

    def test_the_servers_own_loop_refuses_it_too(self, authority: Authority) -> None:
        """uvloop has a TLS of its own: good certificates are taken, others refused."""

        async def run() -> list[ReceiverResponse | str]:
            names = Names({"hooks.test": [["127.0.0.1"]]})
            contexts: list[ssl.SSLContext | None] = [authority.trusted(), None]
            senders = [Sender(LOOPBACK, resolver=names, tls_context=context) for context in contexts]
            async with listening(saying(OK), tls=authority.serving("hooks.test")) as receiver:
                found = [await posted(sender, f"https://hooks.test:{receiver.port}/") for sender in senders]
                await asyncio.gather(*(sender.close() for sender in senders))
            return found

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            answer, kind = runner.run(run())
        assert (True, "tls") == (isinstance(answer, ReceiverResponse), kind)


class TestSystemResolver:
    async def test_it_knows_this_machine(self) -> None:
        """By its hosts file."""
        assert ip_address("127.0.0.1") in await SystemResolver().resolve("localhost")

    async def test_a_sender_has_one_of_its_own(self, sender_with: Senders) -> None:
        """So that a name in the URL is looked up, and refused where it leads inside."""
        assert INSIDE == await vetted(sender_with(resolver=None), "https://localhost/")

    @pytest.mark.parametrize("name", ["nowhere.invalid", "a" * 64 + ".test", "\ud800"])
    async def test_a_name_without_an_address(self, name: str) -> None:
        """Is one, also where it can't be a name at all."""
        with pytest.raises(NameUnknown):
            await SystemResolver().resolve(name)

    async def test_names_that_hang_take_no_more_threads_than_there_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Callers that gave up leave theirs behind; when the names are answered at last, there is room again."""
        answered = threading.Event()
        asked: list[str] = []

        def hang(name: str, *_: object, **__: object) -> list[Any]:
            asked.append(name)
            answered.wait(20)
            return [(0, 0, 0, "", ("8.8.8.8", 0))]

        def refuse(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(socket, "getaddrinfo", hang)
        resolver = SystemResolver(2)
        with monkeypatch.context() as full:
            full.setattr(threading.Thread, "start", refuse)
            for _ in range(3):
                with pytest.raises(ResolverBusy):
                    await resolver.resolve("full.test")
        for name in ("a.test", "b.test", "c.test"):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(resolver.resolve(name), 0.05)
        assert ["a.test", "b.test"] == asked
        answered.set()
        assert [ip_address("8.8.8.8")] == await asyncio.wait_for(resolver.resolve("d.test"), 10)


class TestWhoWaits:
    """Names that take long to be looked up hold up whoever named them."""

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        """What was looked up; what ends in `slow.test` isn't answered before the end."""
        answered, found = threading.Event(), []

        def look_up(name: str) -> list[Address] | None:
            found.append(name)
            if name.endswith("slow.test"):
                answered.wait(20)
            return [ip_address("127.0.0.1")]

        monkeypatch.setattr(lookup, "_addresses", look_up)
        monkeypatch.setattr(lookup, "WAIT_S", 0.05)
        yield found
        answered.set()

    async def test_vetting_keeps_nothing_from_being_sent(self, sender_with: Senders, asked: list[str]) -> None:
        """However many URLs are vetted, and whoever's: what is sent has threads of its own."""
        sender = sender_with(resolver=None, allow=LOOPBACK, connect_s=0.5)
        urls = [f"https://{number}.slow.test/" for number in range(lookup.MAX_LOOKUPS + 1)]
        async with asyncio.TaskGroup() as vetting, listening(saying(OK)) as receiver:
            for number, url in enumerate(urls):
                vetting.create_task(sender.vet(url, workspace=number))
            await asyncio.sleep(0.1)
            assert lookup.MAX_VETTINGS == len(asked)
            assert isinstance(await posted(sender, f"http://a.test:{receiver.port}/"), ReceiverResponse)

    async def test_one_workspace_keeps_no_other_waiting(self, sender_with: Senders, asked: list[str]) -> None:
        """Of its own messages those that find nobody free aren't tried, which is no failure of theirs."""
        sender = sender_with(resolver=None, allow=LOOPBACK, connect_s=0.5)

        async def outcome(name: str) -> type[BaseException]:
            with pytest.raises((NotDelivered, NotTried)) as caught:
                await sender.post(f"http://{name}/", {}, b"{}", workspace=1)
            return caught.type

        slow = [outcome(f"{number}.slow.test") for number in range(lookup.MAX_LOOKUPS_PER_WORKSPACE + 3)]
        async with listening(saying(OK)) as receiver:
            slowly = asyncio.gather(*slow)
            await asyncio.sleep(0.1)
            other = await sender.post(f"http://a.test:{receiver.port}/", {}, b"{}", workspace=2)
            assert 200 == other.status
            assert {NotDelivered: lookup.MAX_LOOKUPS_PER_WORKSPACE, NotTried: 3} == Counter(await slowly)

    async def test_one_name_takes_one_thread(self, asked: list[str]) -> None:
        """Whoever asks for it meanwhile has the same answer; later it is looked up anew."""
        resolver = SystemResolver()
        for _ in range(2):
            found = await asyncio.gather(*(resolver.resolve("a.test", 1) for _ in range(9)))
            assert [[ip_address("127.0.0.1")]] * 9 == found
        assert ["a.test", "a.test"] == asked


class TestPins:
    def test_a_name_says_its_addresses(self) -> None:
        """Of both kinds, in their order, and not too many."""
        addresses = [ip_address("93.184.216.34"), ip_address("2606:4700::1111")]
        assert addresses == unpinned(pinned(addresses))
        assert MAX_ADDRESSES == len(unpinned(pinned([ip_address(number) for number in range(2**24, 2**24 + 100)])))

    @pytest.mark.parametrize("host", ["localhost", "example.com", "pinned.invalid", "127.0.0.1"])
    async def test_no_other_name_leads_anywhere(self, host: str) -> None:
        """Should one ever come this far."""
        with pytest.raises(OSError, match="was not vetted"):
            await PinnedResolver().resolve(host)
