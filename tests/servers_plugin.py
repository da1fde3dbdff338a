"""Fixtures with real servers, for every test: `s3_server` (one a test session) and `s3_root` (a bucket a test)."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class S3Server:
    """A running S3 server and who may use it."""

    endpoint: str
    tls_endpoint: str
    ca_bundle: str
    key: str
    secret: str

    @property
    def environ(self) -> dict[str, str]:
        """What a program needs in its environment to reach it by s3:// URIs."""
        return {
            "STRATA_S3_ENDPOINT": self.endpoint,
            "STRATA_S3_REGION": "us-east-1",
            "STRATA_S3_ADDRESSING": "path",
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextmanager
def swift(folder):
    """OpenStack Swift with its S3 interface, its files in `folder`."""
    script = Path(__file__).parent / "servers" / "swift_server.py"
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(script), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        facts = json.loads(process.stdout.readline() or '{"error": "it did not start"}')
        assert "error" not in facts, facts["error"]
        yield S3Server(**facts)
        process.stdin.close()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    """The server, started by the first test that asks and stopped at the end."""
    with swift(tmp_path_factory.mktemp("swift")) as server:
        yield server


@pytest.fixture
def s3_root(s3_server, monkeypatch):
    """URI of a fresh bucket; the environment says how to reach it."""
    from tasks.objects.s3 import client
    from tasks.objects.s3_settings import S3Settings

    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    bucket = f"test-{secrets.token_hex(8)}"
    client(S3Settings.from_env()).create_bucket(Bucket=bucket)
    return f"s3://{bucket}"
