"""What an S3 server's or botocore's error means: a retry may help, or what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import urllib3.exceptions
from botocore import exceptions as boto

from tasks.errors import ObjectMissing, StoreUnavailable, StrataError, Terminal

#: Worth a retry: 408 the server waited too long, 429 too many requests, 5xx (but 501 and 507 stay as they are).
PASSING_STATUS = frozenset({408, 429, 500, 502, 503, 504})
PASSING_CODES = frozenset(
    {
        "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Throttling", "ThrottlingException",
        "RequestLimitExceeded", "OperationAborted", "ConditionalRequestConflict", "BadDigest", "IncompleteBody",
        "RequestTimeoutException", "TooManyRequests", "XAmzContentChecksumMismatch",
    }
)  # fmt: skip
HINTS = {
    "AccessDenied": "the key may not do this: check the policy of bucket and user, and this machine's clock",
    "BadRequest": "the server says no more to this request: renew the credentials, check endpoint and region",
    "EntityTooLarge": "the server takes no object of that size at once: set STRATA_S3_PART_SIZE below its limit",
    "InvalidAccessKeyId": "the server does not know this key: check AWS_ACCESS_KEY_ID or the profile",
    "SignatureDoesNotMatch": "wrong secret, or a proxy changed the request: check AWS_SECRET_ACCESS_KEY and the region",
    "ExpiredToken": "the credentials have expired: renew them and run again",
    "ExpiredTokenException": "the credentials have expired: renew them and run again",
    "TokenRefreshRequired": "the credentials have expired: renew them and run again",
    "InvalidToken": "the session token is wrong: renew the credentials",
    "RequestTimeTooSkewed": "this machine's clock differs from the server's by more than 15 minutes: set it",
    "RequestExpired": "this machine's clock differs from the server's by more than 15 minutes: set it",
    "NoSuchBucket": "create the bucket, or check its name and the endpoint",
    "PermanentRedirect": "the bucket is in another region: set STRATA_S3_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region: set STRATA_S3_REGION",
    "MissingContentLength": "set STRATA_S3_CHECKSUMS=when_required",
    "NotImplemented": "this server lacks that operation: see docs/publications.md",
    "QuotaExceeded": "the bucket's quota is used up: make room and run again",
    "InsufficientStorage": "the server is full: make room and run again",
}
#: HEAD has no body, hence no code: the status stands for it.
HEAD_CODES = {"403": "AccessDenied", "400": "BadRequest", "301": "PermanentRedirect"}


class TakenError(Exception):
    """A condition did not hold: another version is there, or was being written. Stays within this package."""


@contextmanager
def failures(uri: str) -> Iterator[None]:
    """Errors of botocore and of the connection below it as errors of the house."""
    try:
        yield
    except (boto.BotoCoreError, boto.ClientError, urllib3.exceptions.HTTPError, ConnectionError, TimeoutError) as error:
        raise translated(error, uri) from error


def status(error: boto.ClientError) -> int:
    """The HTTP status of a server's error."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_conflict(error: boto.ClientError) -> bool:
    """Whether a conditional write met another version (412) or another writer (409)."""
    return status(error) in {409, 412}


def code(error: boto.ClientError) -> str:
    """The S3 code of a server's error."""
    found = str(error.response.get("Error", {}).get("Code", ""))
    return HEAD_CODES.get(found, found)


def translated(error: Exception, uri: str) -> StrataError:
    """StoreUnavailable where a retry may help, else Terminal with what to do; neither holds a secret."""
    if isinstance(error, boto.ClientError):
        return _answered(error, uri)
    if isinstance(error, boto.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Terminal("the server's certificate is not trusted", path=uri, hint="set STRATA_S3_CA_BUNDLE")
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError):
        hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role"
        return Terminal("no credentials for the object store", path=uri, hint=hint)
    passing = (
        boto.ConnectionError,  # no connection, timeouts of connecting, proxies, TLS
        boto.HTTPClientError,  # resets, timeouts of reading
        boto.IncompleteReadError,
        boto.ChecksumError,
        boto.FlexibleChecksumError,
        boto.CredentialRetrievalError,  # the instance's or container's own endpoint did not answer
        urllib3.exceptions.HTTPError,
        ConnectionError,
        TimeoutError,
    )
    if isinstance(error, passing):
        return StoreUnavailable(f"the object store did not answer: {type(error).__name__}", path=uri)
    return Terminal(f"the object store cannot be used: {error}", path=uri)


def _answered(error: boto.ClientError, uri: str) -> StrataError:
    name, number = code(error), status(error)
    if name in PASSING_CODES or number in PASSING_STATUS:
        return StoreUnavailable(f"the object store answered {number} {name}", path=uri)
    if name in {"NoSuchKey", "404", "NotFound"}:
        return ObjectMissing("no such object", path=uri)
    return Terminal(f"the object store answered {number} {name}", path=uri, hint=HINTS.get(name))
