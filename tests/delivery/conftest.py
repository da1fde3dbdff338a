"""A market in a folder or a bucket, and real servers to deliver to."""

from __future__ import annotations

import importlib.util
import ssl
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests.delivery.desk import Market


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """None of the caller's settings, no pauses between attempts."""
    from os import environ

    from tasks.delivery import trying

    for name in list(environ):
        if name.startswith("STRATA_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(trying, "PAUSES", (0.0, 0.0))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def market(tmp_path):
    """DE in a folder."""
    return Market(tmp_path / "published", tmp_path)


@pytest.fixture
def s3_market(s3_root, tmp_path):
    """DE in a private bucket of a real S3 server, whose pointer has no compare-and-swap."""
    return Market(f"{s3_root}/published", tmp_path, "single_writer")


@pytest.fixture
def worded(monkeypatch):
    """Words of the deliveries that no translator changes, so that tests can read the figures between them."""
    from tasks.export import labels

    given = {
        "customers": "total %(now)s was %(then)s", "customers_first": "total %(now)s",
        "moved": "%(segment)s now %(now)s was %(then)s", "plan": "%(segment)s has %(customers)s: %(goal)s",
        "steady": "steady", "rules_changed": "rules changed", "see_report": "see report", "replaces": "replaces",
        "readme": "最初に: 読む/", "where_link": "get %(file)s", "where_attached": "attached %(file)s",
        "where_folder": "folder %(file)s", "where_sftp": "server %(file)s", "where_ask": "ask for %(file)s",
        "until": "until %(moment)s", "subject": "%(market)s – %(date)s",
        "recall_subject": "Withdrawn: %(market)s %(date)s", "todo_lists": "lists",
        "recalled": "%(market)s %(date)s is withdrawn", "recall_valid": "valid: %(date)s", "recall_none": "none valid",
        "recall_file": "Withdrawn", "personal": "personal data", "todo": "todo", "todo_more": "more",
    }  # fmt: skip
    own = {("delivery", code): (text,) for code, text in given.items()}
    real = labels.catalog
    monkeypatch.setattr(labels, "catalog", lambda language: {**real(language), **own})


# --- mail -------------------------------------------------------------------------------------------------------------


class Letters:
    """Keeps what it gets; `refuse` maps addresses to answers."""

    def __init__(self):
        self.got, self.refuse, self.answer, self.asked = [], {}, "250 ok", 0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802, ARG002 - aiosmtpd's name
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802, ARG002 - aiosmtpd's name
        self.asked += 1
        encrypted = server.transport.get_extra_info("sslcontext") is not None
        if self.answer.startswith("250"):
            self.got.append((envelope.rcpt_tos, envelope.content, encrypted))
        return self.answer


def _swift():
    """The helpers of the S3 server's script: certificates and free ports."""
    path = Path(__file__).resolve().parents[1] / "servers" / "swift_server.py"
    spec = importlib.util.spec_from_file_location("swift_server_of_delivery", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    return _swift().certificate(tmp_path_factory.mktemp("certificate"))


@contextmanager
def receiver(monkeypatch, certificate, tls):
    """A mail server on this machine, and the settings that lead to it."""
    letters, named = Letters(), {}
    if tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        named = {"ssl_context": context} if tls == "tls" else {"tls_context": context, "require_starttls": True}
    (letters.port,) = _swift().free_ports(1)
    server = Controller(letters, hostname="127.0.0.1", port=letters.port, enable_SMTPUTF8=True, **named)
    server.start()
    try:
        for name, value in {
            "HOST": "127.0.0.1", "PORT": letters.port, "FROM": "Berichte <reports@example.org>", "TLS": tls,
            "CA_BUNDLE": certificate[0], "TIMEOUT": 10,
        }.items():  # fmt: skip
            monkeypatch.setenv(f"STRATA_SMTP__{name}", str(value))
        yield letters
    finally:
        server.stop()


@pytest.fixture
def letters(monkeypatch, certificate):
    """A mail server without TLS, as this machine's own may be."""
    with receiver(monkeypatch, certificate, "none") as found:
        yield found


@pytest.fixture
def mail_server(monkeypatch, certificate):
    """A function that opens a mail server with or without TLS."""
    return lambda tls: receiver(monkeypatch, certificate, tls)


# --- SFTP -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sftp(tmp_path, monkeypatch):
    """A real SFTP server in this process; its folder, and the settings that lead to it."""
    from tests.delivery.sftp_server import Server

    server = Server(tmp_path / "sftp")
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    for name, value in server.settings.items():
        monkeypatch.setenv(f"STRATA_SFTP__CRM__{name}", str(value))
    yield server
    server.stop()
    thread.join(5)
