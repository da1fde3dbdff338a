"""One node of OpenStack Swift with its S3 interface, on loopback, over http and https.

    python swift_server.py FOLDER

prints one line of JSON (endpoint, tls_endpoint, ca_bundle, key, secret) when it answers, and runs until its standard
input closes: so it never outlives the test run that started it. It needs the packages swift and cryptography (which
swift brings) and a file system with extended attributes; no root, no registry, no other host.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import ipaddress
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from pathlib import Path

KEY, SECRET = "test:tester", "testing"
START_SECONDS = 30

PROXY = """
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck listing_formats bulk s3api tempauth copy slo dlo versioned_writes \
symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin .reseller_admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
"""


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago; all are held until the last is found, so none comes twice."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for found in sockets:
            found.bind(("127.0.0.1", 0))
        return [found.getsockname()[1] for found in sockets]


def certificate(root: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = root / "certificate.pem", root / "key.pem"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def configure(root: Path, ports: dict[str, int]) -> tuple[Path, Path]:
    """Write rings and configurations of all servers; return certificate and key."""
    from swift.common.ring import RingBuilder

    (root / "srv" / "d1").mkdir(parents=True)
    (root / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = tests\nswift_hash_path_prefix = tests\n"
        "[storage-policy:0]\nname = default\ndefault = yes\n"
    )
    common = (
        f"bind_ip = 127.0.0.1\nworkers = 0\nuser = {getpass.getuser()}\nswift_dir = {root}\ndevices = {root}/srv\n"
        f"mount_check = false\nlog_address = {root}/nolog\nlog_level = WARNING\n"
    )
    for kind in ("account", "container", "object"):
        extra = "fallocate_reserve = 0\n" if kind == "object" else ""
        (root / f"{kind}.conf").write_text(
            f"[DEFAULT]\nbind_port = {ports[kind]}\n{common}"
            f"[pipeline:main]\npipeline = {kind}-server\n[app:{kind}-server]\nuse = egg:swift#{kind}\n{extra}"
        )
        ring = RingBuilder(2, 1, 0)
        where = {"ip": "127.0.0.1", "port": ports[kind], "device": "d1", "region": 1, "zone": 1}
        again = {"replication_ip": "127.0.0.1", "replication_port": ports[kind]}
        ring.add_dev({**where, **again, "weight": 1.0, "meta": ""})
        ring.rebalance()
        ring.get_ring().save(str(root / f"{kind}.ring.gz"))
    signed, key = certificate(root)
    (root / "proxy.conf").write_text(f"[DEFAULT]\nbind_port = {ports['proxy']}\n{common}{PROXY}")
    secure = f"cert_file = {signed}\nkey_file = {key}\n"
    (root / "proxy-tls.conf").write_text(f"[DEFAULT]\nbind_port = {ports['proxy-tls']}\n{common}{secure}{PROXY}")
    return signed, key


def healthy(url: str, context: ssl.SSLContext | None = None) -> bool:
    """Whether a proxy answers."""
    try:
        with urllib.request.urlopen(f"{url}/healthcheck", timeout=2, context=context) as answer:  # noqa: S310 - our own
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def main() -> int:
    """Start, announce, wait for the end of standard input, stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    root = Path(sys.argv[1]).resolve()
    root.mkdir(parents=True, exist_ok=True)
    names = ("account", "container", "object", "proxy", "proxy-tls")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # swift's and eventlet's own, on newer Pythons
        signed, _ = configure(root, ports)
    with contextlib.ExitStack() as running:
        processes = []
        for name in names:
            log = running.enter_context((root / f"{name}.log").open("wb"))
            program = Path(sys.executable).parent / f"swift-{name.removesuffix('-tls')}-server"
            command = [sys.executable, "-W", "ignore", str(program), str(root / f"{name}.conf")]
            processes.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))  # noqa: S603
            running.callback(stop, processes[-1])
        endpoint, secure = (f"http://127.0.0.1:{ports['proxy']}", f"https://127.0.0.1:{ports['proxy-tls']}")
        context = ssl.create_default_context(cafile=str(signed))
        deadline = time.monotonic() + START_SECONDS
        while not (healthy(endpoint) and healthy(secure, context)):
            dead = [name for name, process in zip(names, processes, strict=True) if process.poll() is not None]
            if dead or time.monotonic() > deadline:
                announce({"error": f"no answer; dead: {dead}; see {root}/*.log"})
                return 1
            time.sleep(0.05)
        announce({"endpoint": endpoint, "tls_endpoint": secure, "ca_bundle": str(signed), "key": KEY, "secret": SECRET})
        sys.stdin.read()
    return 0


def announce(facts: dict[str, str]) -> None:
    """One line to whoever started this."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server, if need be the hard way."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
