"""Faults of S3: what is retried, what ends at once, and what the message tells the operator to do.

A loopback server answers as each test says, for no sound S3 server shows these faults on demand.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tasks.errors import PublicationError, StoreUnavailable, Terminal
from tasks.objects import Put, open_store
from tasks.objects.s3_settings import S3Settings

SHA_X = hashlib.sha256(b"x").hexdigest()


RESET = "reset"


def refusal(status, code):
    """An answer as S3 words it."""
    return status, {}, f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()


def content(data, *, promised=None, **headers):
    """An object; `promised` bytes are announced, and the connection ends after those that are there."""
    facts = {"ETag": '"e"', "Last-Modified": "Sat, 20 Feb 2021 00:00:00 GMT", **headers}
    return 200, {**facts, "Content-Length": str(promised or len(data))}, data


@contextmanager
def serving(answers) -> Iterator[tuple[str, list[str]]]:
    """Endpoint and the list of requests (method and condition) so far.

    `answers` maps a method to its answers in turn; the last one stays. RESET closes the connection unanswered; a
    callable gets the request's headers and answers.
    """
    requests: list[str] = []
    left = {method: list(given) for method, given in answers.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            condition = self.headers.get("If-Match") or self.headers.get("If-None-Match") or ""
            requests.append(f"{self.command} {condition}".strip())
            given = left[self.command]
            answer = given.pop(0) if len(given) > 1 else given[0]
            if callable(answer):
                answer = answer(self.headers)
            if answer == RESET:
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.close_connection = int(headers.get("Content-Length", len(body))) != len(body)

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = do_any  # noqa: N815

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", requests
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # The pauses between attempts are botocore's and ours; their length is no matter here.
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def opened(endpoint, **settings):
    given = S3Settings(endpoint=endpoint, region="us-east-1", addressing="path", read_timeout=2.0, attempts=3)
    return open_store("s3://bucket", s3=replace(given, **settings))


@pytest.mark.parametrize(
    "fault", [refusal(503, "SlowDown"), refusal(500, "InternalError"), refusal(429, "TooManyRequests"), RESET]
)
def test_passing_faults_are_retried(fault):
    with serving({"GET": [fault, fault, content(b"x")]}) as (endpoint, requests):
        assert opened(endpoint).read("a") == b"x"
    assert requests == ["GET"] * 3


@pytest.mark.parametrize("fault", [refusal(503, "SlowDown"), RESET])
def test_lasting_faults_end_as_unavailable_within_the_attempts(fault):
    with serving({"GET": [fault]}) as (endpoint, requests), pytest.raises(StoreUnavailable, match="s3://bucket/a"):
        opened(endpoint).read("a")
    assert requests == ["GET"] * 3


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (400, "ExpiredToken", "expired: renew them"),
        (403, "RequestTimeTooSkewed", "clock differs"),
        (403, "SignatureDoesNotMatch", "wrong secret"),
        (403, "InvalidAccessKeyId", "does not know this key"),
        (403, "AccessDenied", "check the policy"),
        (404, "NoSuchBucket", "create the bucket"),
        (411, "MissingContentLength", "STRATA_S3_CHECKSUMS=when_required"),
        (507, "InsufficientStorage", "server is full"),
    ],
)
def test_lasting_refusals_end_at_once_and_say_what_to_do(status, code, advice):
    with (
        serving({"PUT": [refusal(status, code)]}) as (endpoint, requests),
        pytest.raises(Terminal, match=f"answered {status} {code}.*{advice}") as caught,
    ):
        opened(endpoint).replace("a", b"x")
    assert requests == ["PUT"]
    assert "secret" not in str(caught.value).replace("wrong secret", "").replace("AWS_SECRET", "")


def test_a_body_that_breaks_off_is_read_again():
    broken = content(b"1234", promised=10)
    with serving({"GET": [broken, broken, content(b"1234567890")]}) as (endpoint, _):
        assert opened(endpoint).read("a") == b"1234567890"


def test_a_download_that_breaks_off_holds_no_piece_twice_and_leaves_nothing_when_it_fails(tmp_path):
    broken = content(b"1234", promised=10)
    with serving({"GET": [broken, content(b"1234567890")]}) as (endpoint, _):
        opened(endpoint).download("a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"1234567890"
    with serving({"GET": [broken]}) as (endpoint, requests), pytest.raises(StoreUnavailable, match="breaks off"):
        opened(endpoint).download("a", tmp_path / "b")
    assert len(requests) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_content_that_is_not_what_its_digest_says_is_not_handed_out():
    with (
        serving({"GET": [content(b"y", **{"x-amz-meta-sha256": SHA_X})]}) as (endpoint, _),
        pytest.raises(StoreUnavailable, match="not what its sha256 says"),
    ):
        opened(endpoint).read("a")


def test_a_put_whose_answer_was_lost_finds_its_own_object():
    there = content(b"", **{"x-amz-meta-sha256": SHA_X})
    absent = refusal(404, "NoSuchKey")
    answers = {"HEAD": [absent, there], "PUT": [RESET, refusal(412, "PreconditionFailed")]}
    with serving(answers) as (endpoint, requests):
        assert opened(endpoint).put_new("a", b"x") is Put.IDENTICAL
    assert requests == ["HEAD", "PUT *", "PUT *", "HEAD"]


def test_a_put_that_meets_another_writer_looks_again_and_tries_again():
    answers = {"HEAD": [refusal(404, "NoSuchKey")], "PUT": [refusal(409, "ConditionalRequestConflict"), content(b"")]}
    with serving(answers) as (endpoint, requests):
        assert opened(endpoint).put_new("a", b"x") is Put.CREATED
    assert requests == ["HEAD", "PUT *", "HEAD", "PUT *"]


@pytest.mark.parametrize("ours", [True, False])
def test_a_swap_whose_answer_was_lost_knows_its_own_mark(ours):
    marks = []

    def remember(headers):
        marks.append(headers["x-amz-meta-swap"])
        return RESET

    def look(_headers):
        return content(b"", **{"x-amz-meta-swap": marks[0] if ours else "another writer's"})

    answers = {"PUT": [remember, refusal(412, "PreconditionFailed")], "HEAD": [look]}
    with serving(answers) as (endpoint, requests):
        assert opened(endpoint).compare_and_swap("a", b"x", '"e"') is ours
    assert requests == ['PUT "e"', 'PUT "e"', "HEAD"]


@pytest.mark.parametrize("refused", [refusal(412, "PreconditionFailed"), refusal(404, "NoSuchKey")])
def test_a_swap_of_a_version_that_is_gone_is_lost(refused):
    answers = {"PUT": [refused], "HEAD": [refusal(404, "NoSuchKey")]}
    with serving(answers) as (endpoint, _):
        assert not opened(endpoint).compare_and_swap("a", b"x", '"e"')


def test_conditions_that_a_server_lacks_are_named():
    with (
        serving({"PUT": [refusal(501, "NotImplemented")]}) as (endpoint, _),
        pytest.raises(PublicationError, match=r"no such conditional write.*IfMatch"),
    ):
        opened(endpoint).compare_and_swap("a", b"x", '"e"')


def test_no_server_at_all():
    with pytest.raises(StoreUnavailable, match="EndpointConnectionError"):
        opened("http://127.0.0.1:9", attempts=1).read("a")
    with pytest.raises(Terminal, match="STRATA_S3_ENDPOINT such as"):
        opened("not an address")


def test_no_credentials(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(Terminal, match="no credentials"):
        opened("http://127.0.0.1:9").read("a")


def test_settings_come_from_the_environment_and_are_checked():
    settings = S3Settings.from_env(
        {"STRATA_S3_ENDPOINT": "https://s3.example.org", "STRATA_S3_READ_TIMEOUT": "7.5", "STRATA_S3_ATTEMPTS": " "}
    )
    assert (settings.endpoint, settings.read_timeout, settings.attempts) == ("https://s3.example.org", 7.5, 5)
    assert settings.checksums == "when_required"
    with pytest.raises(Terminal, match=r"STRATA_S3_ADDRESSING.*found 'vhost'.*auto or path or virtual"):
        S3Settings.from_env({"STRATA_S3_ADDRESSING": "vhost"})
