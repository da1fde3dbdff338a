"""A real SFTP server in one thread: paramiko's own, over a folder, with one user and one key."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import ClassVar

import paramiko


class Door(paramiko.ServerInterface):
    def __init__(self, key):
        self.key = key

    def check_auth_publickey(self, username, key):
        right = username == "strata" and key == self.key
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):  # noqa: ARG002 - paramiko's interface
        return "publickey"

    def check_channel_request(self, kind, chanid):  # noqa: ARG002 - paramiko's interface
        return paramiko.OPEN_SUCCEEDED


class Handle(paramiko.SFTPHandle):
    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.writefile.fileno()))


class Files(paramiko.SFTPServerInterface):
    root = Path()
    seen: ClassVar[list] = []
    """What was written and renamed, in order."""
    refuse = None
    renames = True

    def _at(self, path):
        return self.root / self.canonicalize(path).lstrip("/")

    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(self._at(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def mkdir(self, path, attr):  # noqa: ARG002 - paramiko's interface
        self._at(path).mkdir()
        return paramiko.SFTP_OK

    def open(self, path, flags, attr):  # noqa: ARG002 - paramiko's interface
        if self.refuse is not None:
            return self.refuse
        self.seen.append(("write", Path(path).name))
        handle = Handle(flags)
        handle.writefile = handle.readfile = self._at(path).open("w+b")
        return handle

    def rename(self, oldpath, newpath):
        if self._at(newpath).exists():
            return paramiko.SFTP_FAILURE
        return self.posix_rename(oldpath, newpath)

    def posix_rename(self, oldpath, newpath):
        if not self.renames and self._at(newpath).exists():
            return paramiko.SFTP_OP_UNSUPPORTED
        self.seen.append(("rename", Path(oldpath).name, Path(newpath).name))
        self._at(oldpath).replace(self._at(newpath))
        return paramiko.SFTP_OK

    def remove(self, path):
        try:
            self._at(path).unlink()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        self.seen.append(("remove", Path(path).name))
        return paramiko.SFTP_OK


class Server:
    """Listens on a port of this machine until `stop`."""

    def __init__(self, folder):
        self.folder = folder / "files"
        self.folder.mkdir(parents=True)
        self.host_key, self.user_key = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
        self.user_key.write_private_key_file(str(folder / "key"))
        self.files = type("OwnFiles", (Files,), {"root": self.folder, "seen": []})
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        self.transports = []
        self.connections = 0
        self.drop_first = 0
        known = folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{self.port} {self.host_key.get_name()} {self.host_key.get_base64()}\n")
        self.settings = {
            "HOST": "127.0.0.1", "PORT": self.port, "USER": "strata", "KEY": folder / "key", "KNOWN_HOSTS": known,
            "TIMEOUT": 10,
        }  # fmt: skip

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            if self.connections <= self.drop_first:
                connection.close()
                continue
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, self.files)
            self.transports.append(transport)
            try:
                transport.start_server(event=threading.Event(), server=Door(self.user_key))
            except (paramiko.SSHException, EOFError):
                transport.close()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)  # which ends the waiting for a connection; to close it does not
        self.socket.close()
        for transport in self.transports:
            transport.close()
            transport.join(5)

    @property
    def names(self):
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
