"""Files to a team's SFTP server: host keys checked, under a temporary name first, then renamed."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tasks.delivery.servers import Sftp
from tasks.delivery.trying import again
from tasks.errors import Terminal, Transient

if TYPE_CHECKING:
    import paramiko


class SftpUnavailable(Transient):
    """The SFTP server did not answer, or broke off; whatever arrived has a temporary name."""


def upload(server: Sftp, folder: str, files: Sequence[tuple[str, Path]], gone: Sequence[str] = ()) -> None:
    """Put files into a folder of the server, which is made, and remove those that are `gone`.

    Each file goes up as `.<name>.part`, is measured, and takes its name by one rename, over an older one: who lists the
    folder sees it whole or not at all.

    Raises:
        SftpUnavailable: no answer, three times.
        Terminal: the host's key is not that of `known_hosts`, the user's is refused, or the folder may not be written.
    """
    again(lambda: _upload(server, folder, files, gone))


def _upload(server: Sftp, folder: str, files: Sequence[tuple[str, Path]], gone: Sequence[str]) -> None:
    with _meanings(server), _connected(server) as sftp:
        _make(sftp, folder)
        for name, path in files:
            final, part = str(PurePosixPath(folder, name)), str(PurePosixPath(folder, f".{name}.part"))
            sftp.put(str(path), part)  # which measures what arrived
            _rename(sftp, part, final)
        for name in gone:
            _remove(sftp, str(PurePosixPath(folder, name)))


@contextmanager
def _connected(server: Sftp) -> Iterator[paramiko.SFTPClient]:
    import paramiko  # it takes 0.2 s

    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what it has to say is raised as well
    with paramiko.SSHClient() as ssh:
        try:
            ssh.load_host_keys(str(server.known_hosts))
        except OSError as error:
            raise Terminal(
                f"the file of known hosts cannot be read: {error.strerror}",
                file=str(server.known_hosts),
                hint="mend STRATA_SFTP__<NAME>__KNOWN_HOSTS; ssh-keyscan writes such lines, check them with the team",
            ) from None
        ssh.set_missing_host_key_policy(paramiko.RejectPolicy())
        ssh.connect(
            server.host, server.port, server.user, pkey=_key(server), allow_agent=False, look_for_keys=False,
            timeout=server.timeout, banner_timeout=server.timeout, auth_timeout=server.timeout,
        )  # fmt: skip
        with ssh.open_sftp() as sftp:
            channel = sftp.get_channel()
            if channel is not None:
                channel.settimeout(server.timeout)
            yield sftp


def _key(server: Sftp) -> paramiko.PKey:
    """The private key, given as text or as the path of its file; neither is told."""
    import paramiko

    secret = server.key.get_secret_value()
    wrong = Terminal(
        "the private key for the SFTP server cannot be read",
        value=server.host,
        expected="a key in OpenSSH's or PEM's form without a passphrase, or the path of its file",
        hint="mend STRATA_SFTP__<NAME>__KEY",
    )
    try:
        text = secret if "PRIVATE KEY" in secret else Path(secret).read_text(encoding="ascii")
    except (OSError, ValueError):
        raise wrong from None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            found: paramiko.PKey = kind.from_private_key(io.StringIO(text.strip() + "\n"))
        except (paramiko.SSHException, ValueError, TypeError, IndexError):
            continue
        return found
    raise wrong


@contextmanager
def _meanings(server: Sftp) -> Iterator[None]:
    """Errors of paramiko and of the network as errors of the house; SSH's own first, for some are OSErrors too."""
    import paramiko

    try:
        yield
    except paramiko.BadHostKeyException:
        raise Terminal(
            "the SFTP server has another key than the one that is known: it is not that server, or its key has changed",
            value=server.host,
            hint="ask the team; nothing was sent. A new key goes into STRATA_SFTP__<NAME>__KNOWN_HOSTS",
        ) from None
    except paramiko.AuthenticationException:
        raise Terminal(
            "the SFTP server refuses the user or the key",
            value=server.host,
            hint="mend STRATA_SFTP__<NAME>__USER and __KEY, or ask the team to let the key in",
        ) from None
    except paramiko.SSHException as error:
        if "not found in known_hosts" in str(error):
            raise Terminal(
                "the SFTP server's key is not known",
                value=server.host,
                hint="add its line to STRATA_SFTP__<NAME>__KNOWN_HOSTS, once the team has confirmed it",
            ) from None
        raise SftpUnavailable(f"the SFTP server broke off: {type(error).__name__}", value=server.host) from None
    except (PermissionError, FileNotFoundError) as error:
        raise Terminal(
            f"the SFTP server's folder cannot be written: {type(error).__name__}",
            value=server.host,
            hint="mend `folder` in teams.deliver, or ask the team for the right to write there",
        ) from None
    except (OSError, EOFError) as error:
        raise SftpUnavailable(f"the SFTP server does not answer: {type(error).__name__}", value=server.host) from None


def _make(sftp: paramiko.SFTPClient, folder: str) -> None:
    for path in reversed([one for one in (PurePosixPath(folder), *PurePosixPath(folder).parents) if one.name]):
        try:
            sftp.stat(str(path))
        except FileNotFoundError:
            sftp.mkdir(str(path))


def _rename(sftp: paramiko.SFTPClient, part: str, final: str) -> None:
    """Over what is there, where the server can (OpenSSH's extension); else what is there goes first."""
    try:
        sftp.posix_rename(part, final)
    except OSError:
        _remove(sftp, final)
        sftp.rename(part, final)


def _remove(sftp: paramiko.SFTPClient, path: str) -> None:
    try:
        sftp.remove(path)
    except FileNotFoundError:
        return
