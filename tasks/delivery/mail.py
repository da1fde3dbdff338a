"""Messages to people: text and HTML alike, sent over TLS once, never twice by themselves."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from tasks.delivery.letter import Letter
from tasks.delivery.pages import message as as_html
from tasks.delivery.servers import Smtp
from tasks.delivery.trying import Unclear, again
from tasks.errors import Terminal, Transient

#: Bytes of a bundle that may travel in a message; most servers take 10 MB and more, with a third added on the way.
LARGEST = 7_000_000
_RULE = "\n" + "-" * 40 + "\n\n"
_OK, _PASSING, _LASTING = 2, 4, 5
#: `name@host` or `A name <name@host>`, without a sign that could begin another header or address.
_ADDRESS = re.compile(
    r"(?P<name>[^<>@,;\x00-\x1f\x7f]*<)?(?P<user>[^\s<>@,;:\"\\()\[\]]+)@(?P<domain>[^\s<>@,;:\"\\]+)(?(name)>)"
)


class MailUnavailable(Transient):
    """The mail server did not answer, or asked to come again."""


def message_id(sender: str, *facts: str) -> str:
    """The same for the same delivery, so that a repeated one is known as such.

    >>> message_id("Reports <reports@example.org>", "DE", "4fb8eb5177161db9c5ba3807", "crm", "email")
    '<f80838b97d346a1d83c09dfc176351ac@example.org>'
    """
    digest = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:32]
    return f"<{digest}@{address(sender).domain}>"


def address(text: str) -> Address:
    """An address with its name, if it has one; Terminal for what is none (its text may be personal, so it is not told).

    >>> address("Reports <reports@example.org>").addr_spec
    'reports@example.org'
    >>> address("reports.example.org")
    Traceback (most recent call last):
        ...
    tasks.errors.Terminal: not an e-mail address; expected name@host
    """
    wrong = Terminal("not an e-mail address", expected="name@host")
    parts = _ADDRESS.fullmatch(text.strip())
    if parts is None:
        raise wrong
    name, user, domain = (parts["name"] or "").rstrip("<").strip('" '), parts["user"], parts["domain"]
    try:
        return Address(display_name=name, username=user, domain=domain.encode("idna").decode())
    except (ValueError, MessageError):
        raise wrong from None


def compose(
    letters: Sequence[Letter],
    subject: str,
    *,
    sender: str,
    to: Sequence[str],
    identity: str,
    when: datetime,
    attached: Sequence[tuple[str, Path]] = (),
    answers: str | None = None,
) -> EmailMessage:
    """A message of the letters, one below the other; `answers`: the id of the message that it takes back."""
    every = [address(one) for one in to]
    plain = all(one.addr_spec.isascii() for one in every)
    made = EmailMessage(policy=policy.SMTP if plain else policy.SMTPUTF8)
    made["Subject"] = " ".join(subject.split())
    made["From"] = address(sender)
    made["To"] = every
    made["Date"] = format_datetime(when)
    made["Message-ID"] = identity
    made["Auto-Submitted"] = "auto-generated"
    if answers is not None:
        made["In-Reply-To"], made["References"] = answers, answers
    made.set_content(_RULE.join(one.text() for one in letters), cte="base64")
    made.add_alternative(as_html(letters), subtype="html", cte="base64")
    for name, path in attached:
        made.add_attachment(path.read_bytes(), maintype="application", subtype="zip", filename=name)
    made["Content-Language"] = ", ".join(
        dict.fromkeys(one.tag for one in letters)
    )  # now: parts take such headers along
    return made


def send(server: Smtp, made: EmailMessage) -> int:
    """Hand a message over; the number of addresses that the server refused, of several.

    Raises:
        MailUnavailable: the server did not answer or was busy, three times.
        Unclear: the connection broke off after the message, so it may have been sent: nothing is sent again.
        Terminal: TLS, sign-in or the addresses are wrong.
    """
    return again(lambda: _send(server, made))


def _send(server: Smtp, made: EmailMessage) -> int:
    recipients = [one.addr_spec for one in made["To"].addresses]
    sender = made["From"].addresses[0].addr_spec
    try:
        connection = _connect(server)
    except smtplib.SMTPException as error:
        raise _meaning(error, server) from None
    except ssl.SSLError as error:
        raise Terminal(
            f"the mail server's certificate does not hold: {error.reason or type(error).__name__}",
            value=server.host,
            hint="mend STRATA_SMTP__HOST, or name its authority in STRATA_SMTP__CA_BUNDLE",
        ) from None
    except OSError as error:
        raise MailUnavailable(f"the mail server does not answer: {_reason(error)}", value=server.host) from None
    with connection:
        refused = _envelope(connection, server, sender, recipients, utf8=not all(one.isascii() for one in recipients))
        _hand_over(connection, server, made)
    return refused


def _connect(server: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_bundle)
    if server.tls == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.at, timeout=server.timeout, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.at, timeout=server.timeout)
    try:
        if server.tls == "starttls":
            connection.starttls(context=context)  # which refuses a server that has none
        connection.ehlo_or_helo_if_needed()
        if server.user is not None and server.password is not None:
            connection.login(server.user, server.password.get_secret_value())
    except BaseException:
        connection.close()
        raise
    return connection


def _envelope(connection: smtplib.SMTP, server: Smtp, sender: str, recipients: Sequence[str], *, utf8: bool) -> int:
    """Say from whom to whom; nothing is sent yet. The number of refused addresses: fewer than all."""
    if utf8 and not connection.has_extn("smtputf8"):
        raise Terminal(
            "the mail server takes no addresses beyond ASCII",
            value=server.host,
            expected="a server with SMTPUTF8, or other addresses in teams.deliver",
        )
    try:
        code, said = connection.mail(sender, ("SMTPUTF8",) if utf8 else ())
        if code // 100 != _OK:
            raise smtplib.SMTPSenderRefused(code, said, sender)
        answers = [connection.rcpt(one)[0] for one in recipients]
    except smtplib.SMTPException as error:
        raise _meaning(error, server) from None
    except OSError as error:
        raise MailUnavailable(f"the mail server broke off: {_reason(error)}", value=server.host) from None
    refused = [code for code in answers if code // 100 != _OK]
    if len(refused) == len(recipients):
        told = f"the mail server refuses every address: {', '.join(str(code) for code in sorted(set(refused)))}"
        if all(code // 100 == _PASSING for code in refused):
            raise MailUnavailable(told, value=server.host)
        raise Terminal(told, value=server.host, hint="mend the addresses in teams.deliver")
    return len(refused)


def _hand_over(connection: smtplib.SMTP, server: Smtp, made: EmailMessage) -> None:
    try:
        code, said = connection.data(made.as_bytes())
    except smtplib.SMTPDataError as error:  # it did not even want to begin
        raise _meaning(error, server) from None
    except (smtplib.SMTPException, OSError) as error:
        raise Unclear(
            f"the mail server broke off after the message: {type(error).__name__}",
            value=server.host,
            hint="ask whether it came; `strata deliver MARKET --again TEAM` sends it again, with the same Message-ID",
        ) from None
    if code // 100 != _OK:
        raise _meaning(smtplib.SMTPDataError(code, said), server)


def _meaning(error: smtplib.SMTPException, server: Smtp) -> Terminal | Transient:
    """What an answer of the server means; its text is not told, because servers quote addresses."""
    code = getattr(error, "smtp_code", 0)
    if isinstance(error, smtplib.SMTPAuthenticationError) and code // 100 != _PASSING:
        return Terminal(
            f"the mail server refuses the sign-in: {code}",
            value=server.host,
            hint="mend STRATA_SMTP__USER and __PASSWORD",
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Terminal(
            "the mail server offers no TLS or no sign-in",
            value=server.host,
            expected="STARTTLS (set STRATA_SMTP__TLS=tls for a server that begins with it)",
        )
    if isinstance(error, smtplib.SMTPServerDisconnected) or code // 100 == _PASSING:
        return MailUnavailable(f"the mail server is busy or broke off: {code or 'no answer'}", value=server.host)
    hint = "mend STRATA_SMTP__FROM, or make the bundle smaller" if code // 100 == _LASTING else None
    return Terminal(
        f"the mail server refuses the message: {code or type(error).__name__}", value=server.host, hint=hint
    )


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
