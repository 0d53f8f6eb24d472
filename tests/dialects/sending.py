"""What waits for webhooks is sent when a test says so; and the URLs that none may have."""

from maquette.app import build_worker_dependencies
from maquette.worker import Worker
from tests.office import Office

REFUSED = {
    "private": "https://10.0.0.1/",
    "another private": "https://192.168.1.1/hooks",
    "link-local": "https://169.254.1.1/",
    "metadata": "https://169.254.169.254/latest/meta-data/",
    "metadata in one number": "https://2852039166/",
    "metadata in hexadecimal": "https://0xa9.0xfea9fe/",
    "metadata in octal": "https://0251.0376.0251.0376/",
    "metadata in full width": "https://１６９.254.169.254/",
    "metadata mapped to IPv6": "https://[::ffff:169.254.169.254]/",
    "metadata behind NAT64": "https://[64:ff9b::a9fe:a9fe]/",
    "unique local": "https://[fd00::1]/",
    "link-local IPv6": "https://[fe80::1]/",
    "short": "https://10.1/",
    "plain HTTP": "http://93.184.215.14/",
    "another port": "https://93.184.215.14:8443/",
    "a user": "https://ada@93.184.215.14/",
    "a fragment": "https://93.184.215.14/#here",
    "another scheme": "ftp://93.184.215.14/",
    "no URL": "everywhere",
    "nothing": "",
    "NUL": "https://93.184.215.14/\0",
    "a lot": "https://93.184.215.14/" + "x" * 2_050,
}
"""By what is wrong with each; none needs to be looked up."""

OUTSIDE = "https://93.184.215.14/hooks"


async def send_due(office: Office, *, seconds: float = 0) -> None:
    """After so much time, send what is due now, and wait for it to arrive."""
    office.clock.advance(seconds=seconds)
    worker = Worker(build_worker_dependencies(office.runtime.services))
    await worker.step()
    await worker.settle()
