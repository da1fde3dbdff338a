"""Messages: as text and as HTML, in the readers' languages, over TLS, and never with rows of customers."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from flows.delivering.teams import deliver
from flows.settings import Settings
from tasks.delivery import handing, mail, trying
from tasks.delivery.letter import Letter
from tasks.delivery.mail import MailUnavailable, address, compose, send
from tasks.delivery.servers import Smtp
from tasks.delivery.trying import Unclear
from tasks.errors import Terminal
from tests.delivery.desk import MAY, team

EMAIL = {"means": "email", "to": ["one@example.org", "two@example.org"]}


def read(letters, at=-1):
    return message_from_bytes(letters.got[at][1], policy=policy.default)


def bodies(message):
    return tuple(message.get_body((kind,)).get_content() for kind in ("plain", "html"))


def test_a_message_is_text_and_html_alike_and_of_aggregates_alone(market, letters, worded):
    assert worded is None
    market.teams = [team(deliver=[EMAIL])]
    market.publish(MAY)
    manifest = market.publish()
    deliver(market.order)
    message = read(letters)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Subject"] == "Deutschland – 30. Juni 2026"
    assert (message["From"], message["To"]) == ("Berichte <reports@example.org>", "one@example.org, two@example.org")
    assert message["Auto-Submitted"] == "auto-generated"
    assert letters.got[0][0] == ["one@example.org", "two@example.org"]
    for body in bodies(message):
        assert "total 91 was 71" in body
        assert "Stammkunden now 49 was 40" in body
        assert "todo" in body
        assert manifest.publication in body
        assert "ask for DE_2026-06-30_de-DE.zip" in body
    assert "Erika &lt;erika@example.org&gt;" in bodies(message)[1], "what a profile says is escaped"
    assert not list(message.iter_attachments())


def test_headers_travel_as_ascii_and_mean_utf_8(market, letters, worded):
    assert worded is None
    market.teams = [team(locales=("ja-JP",), deliver=[EMAIL])]
    market.publish()
    deliver(market.order)
    raw = letters.got[0][1]
    assert raw.isascii()
    assert b"Subject: =?utf-8?" in raw
    assert read(letters)["Subject"] == "ドイツ – 2026年6月30日"


@pytest.mark.parametrize(("locale", "direction"), [("de-DE", "ltr"), ("ar-AE", "rtl"), ("ja-JP", "ltr")])
def test_a_message_is_in_the_teams_language_and_direction(market, letters, locale, direction):
    market.teams = [team(locales=(locale,), deliver=[EMAIL])]
    market.publish()
    deliver(market.order)
    message = read(letters)
    text, html = bodies(message)
    assert message["Content-Language"] == locale
    assert f'<html lang="{locale}" dir="{direction}">' in html
    assert all(line.startswith("\u200f") for line in text.splitlines() if line) == (direction == "rtl")
    assert "%(" not in text + html


def test_a_team_of_two_languages_gets_one_message_with_both(market, letters):
    market.teams = [team(locales=("ar-AE", "en-AE"), deliver=[EMAIL])]
    market.publish()
    deliver(market.order)
    assert len(letters.got) == 1
    html = bodies(read(letters))[1]
    assert '<div lang="ar-AE" dir="rtl"' in html
    assert '<div lang="en-AE" dir="ltr"' in html


@pytest.mark.usefixtures("worded")
def test_only_a_bundle_without_lists_is_attached(market, letters):
    market.teams = [
        team("board", grants=(), deliver=[{**EMAIL, "attach": True}]),
        team("crm", deliver=[{**EMAIL, "attach": True}]),
    ]
    market.publish()
    found = deliver(market.order)
    assert [(one.state, one.detail) for one in found] == [
        ("delivered", ""), ("delivered", "not attached: it holds lists of customers"),
    ]  # fmt: skip
    (attached,) = read(letters, 0).iter_attachments()
    assert attached.get_filename() == "DE_2026-06-30_de-DE.zip"
    with zipfile.ZipFile(io.BytesIO(attached.get_content())) as bundle:
        assert not [name for name in bundle.namelist() if "customers" in name]
    assert not list(read(letters, 1).iter_attachments())
    assert "attached DE" in bodies(read(letters, 0))[0]
    assert "ask for DE" in bodies(read(letters, 1))[0]


def test_a_bundle_too_large_for_mail_is_not_attached_and_that_is_told(market, letters, monkeypatch):
    monkeypatch.setattr(handing.mail, "LARGEST", 10)
    market.teams = [team(grants=(), deliver=[{**EMAIL, "attach": True}])]
    market.publish()
    (found,) = deliver(market.order)
    assert (found.state, found.detail) == ("delivered", "not attached: it is too large")
    assert not list(read(letters).iter_attachments())


# --- the way there ---


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_messages_travel_encrypted_with_the_certificate_checked(market, mail_server, tls):
    market.teams = [team(deliver=[EMAIL])]
    market.publish()
    with mail_server(tls) as letters:
        (found,) = deliver(market.order)
    assert found.state == "delivered"
    assert letters.got[0][2], "over TLS"


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(market, mail_server, tls, monkeypatch):
    market.teams = [team(deliver=[EMAIL])]
    market.publish()
    with mail_server(tls) as letters:
        monkeypatch.delenv("STRATA_SMTP__CA_BUNDLE")
        (found,) = deliver(market.order)
    assert (found.state, letters.got) == ("failed", [])
    assert "certificate does not hold: CERTIFICATE_VERIFY_FAILED" in found.detail
    assert market.events == [("published",)], "nothing was sent, so nothing is claimed"


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(letters):
    server = Smtp.model_validate({"host": "127.0.0.1", "port": letters.port, "from": "a@example.org"})
    with pytest.raises(Terminal, match=r"offers no TLS or no sign-in; found '127.0.0.1'; expected STARTTLS"):
        send(server, message())
    assert letters.got == []


def test_without_tls_there_are_only_servers_of_this_machine(monkeypatch):
    monkeypatch.setenv("STRATA_SMTP__HOST", "mail.example.org")
    monkeypatch.setenv("STRATA_SMTP__FROM", "a@example.org")
    monkeypatch.setenv("STRATA_SMTP__TLS", "none")
    monkeypatch.setenv("STRATA_SMTP__USER", "u")
    monkeypatch.setenv("STRATA_SMTP__PASSWORD", "geheim")
    with pytest.raises(Terminal, match="tls: none is for a server of this machine alone") as raised:
        Settings()
    assert "geheim" not in str(raised.value)
    monkeypatch.setenv("STRATA_SMTP__TLS", "tls")
    assert "geheim" not in repr(Settings())


def message(to=("one@example.org",)):
    return compose(
        [Letter("de-DE", rtl=False, title="title", as_of="day", parts=[])], "subject", sender="a@example.org", to=to,
        identity="<1@example.org>", when=datetime(2026, 7, 1, tzinfo=UTC),
    )  # fmt: skip


def local(letters, **named):
    given = {"host": "127.0.0.1", "port": letters.port, "from": "a@example.org", "tls": "none", **named}
    return Smtp.model_validate(given)


def test_a_refused_sign_in_is_told_without_the_password(letters):
    with pytest.raises(Terminal) as raised:
        send(local(letters, user="u", password="geheim"), message())
    assert "geheim" not in str(raised.value)
    assert letters.got == []


def test_some_addresses_refused_are_counted_and_the_others_get_it(market, letters):
    letters.refuse = {"two@example.org": "550 unknown two@example.org"}
    market.teams = [team(deliver=[EMAIL])]
    market.publish()
    (found,) = deliver(market.order)
    assert (found.state, found.detail) == ("delivered", "1 of 2 addresses were refused")
    assert [to for to, *_ in letters.got] == [["one@example.org"]]


@pytest.mark.parametrize(("answer", "kind"), [("550 no", Terminal), ("450 later", MailUnavailable)])
def test_all_addresses_refused_is_an_error_that_names_none(letters, answer, kind):
    letters.refuse = {"one@example.org": f"{answer} one@example.org"}
    with pytest.raises(kind, match=r"refuses every address: [45]50") as raised:
        send(local(letters), message())
    assert "one@" not in str(raised.value)


def test_a_message_that_the_server_will_not_take_is_an_error_without_its_words(letters):
    letters.answer = "554 spam from one@example.org"
    with pytest.raises(Terminal, match="refuses the message: 554") as raised:
        send(local(letters), message())
    assert "one@" not in str(raised.value)


def test_a_busy_server_is_asked_three_times(letters):
    letters.answer = "451 later"
    with pytest.raises(MailUnavailable, match="busy or broke off: 451"):
        send(local(letters), message())
    assert letters.asked == 1 + len(trying.PAUSES) == 3


def test_a_server_that_is_not_there_may_be_there_later(letters):
    with pytest.raises(MailUnavailable, match="does not answer"):
        send(local(letters, port=1), message())


def test_a_connection_that_breaks_after_the_message_is_not_tried_again(letters, monkeypatch):
    class Broken(mail.smtplib.SMTP):
        def data(self, content):
            super().data(content)
            raise mail.smtplib.SMTPServerDisconnected

    monkeypatch.setattr(mail.smtplib, "SMTP", Broken)
    with pytest.raises(Unclear, match="ask whether it came"):
        send(local(letters), message())
    assert len(letters.got) == 1


def test_an_unclear_message_keeps_its_claim_until_somebody_decides(market, letters, monkeypatch):
    market.teams = [team(deliver=[EMAIL])]
    market.publish()

    def unclear(*_):
        raise Unclear("it broke off")

    monkeypatch.setattr(handing.mail, "send", unclear)
    assert [one.state for one in deliver(market.order)] == ["unclear"]
    assert market.events[-1] == ("delivering", "crm", "email")
    (found,) = deliver(market.order)
    assert (found.state, "may have been sent" in found.detail) == ("unclear", True), "at once, without waiting"
    assert letters.got == []


# --- addresses ---


def test_addresses_beyond_ascii_reach_their_server(letters):
    send(local(letters), message(["Zoë@bücher.example"]))
    assert letters.got[0][0] == ["Zoë@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "wrong", ["nobody", "a@b, c@d", "a@b\nBcc: c@d", "a b@c", "@c", "a@", "a@b..c", "A <a@b", "a@b>"]
)
def test_what_is_no_address_is_refused_without_quoting_it(wrong):
    with pytest.raises(Terminal) as raised:
        address(wrong)
    assert str(raised.value) == "not an e-mail address; expected name@host"
