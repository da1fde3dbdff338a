"""Pseudonyms: `customer_id` is a keyed digest of market and member number.

HMAC-SHA-256 (RFC 2104) over market, U+001F, member number, shortened to 128 bits: without the key nobody can try the
store's numbers one by one, and with it the same member keeps the same id in every run. The digest is computed here and
in DuckDB by the same formula; the key reaches DuckDB as a session variable, so that it stands in no SQL text (which
error messages quote).
"""

from __future__ import annotations

import hashlib
import hmac

import duckdb

_BLOCK = 64  # bytes of a SHA-256 block
_SEPARATOR = "\x1f"  # cannot occur in a market code
_DIGITS = 32


def pseudonym(key: str | None, market: str, member: str) -> str:
    """`customer_id`: 32 hex digits.

    Without a key (a demonstration) the digest is unkeyed, and so no protection against trying all numbers.

    >>> pseudonym("secret", "DE", "0012")
    '067a81e0f9219afbb8764a89c275016d'
    """
    message = f"{market}{_SEPARATOR}{member}".encode()
    return hmac.new((key or "").encode(), message, hashlib.sha256).hexdigest()[:_DIGITS]


def key_fingerprint(key: str | None) -> str:
    """Sixteen hex digits by which manifests say which key was used; `none` without a key.

    >>> key_fingerprint(None), len(key_fingerprint("secret"))
    ('none', 16)
    """
    if not key:
        return "none"
    return hmac.new(key.encode(), b"strata key fingerprint", hashlib.sha256).hexdigest()[:16]


def use_key(con: duckdb.DuckDBPyConnection, key: str | None) -> None:
    """Give the session of `con` the key that `pseudonym_sql` needs."""
    block = (key or "").encode()
    if len(block) > _BLOCK:
        block = hashlib.sha256(block).digest()
    block = block.ljust(_BLOCK, b"\0")
    con.execute("SET VARIABLE strata_inner = $1", [bytes(byte ^ 0x36 for byte in block)])
    con.execute("SET VARIABLE strata_outer = $1", [bytes(byte ^ 0x5C for byte in block)])


def forget_key(con: duckdb.DuckDBPyConnection) -> None:
    """Take the key out of the session again."""
    con.execute("RESET VARIABLE strata_inner")
    con.execute("RESET VARIABLE strata_outer")


def pseudonym_sql(market: str, member: str) -> str:
    """A DuckDB expression for the pseudonym of the expression `member`; `use_key` comes first. Null stays null."""
    message = f"encode('{market}' || chr({ord(_SEPARATOR)}) || {member})"
    inner = f"unhex(sha256(getvariable('strata_inner') || {message}))"
    return f"left(sha256(getvariable('strata_outer') || {inner}), {_DIGITS})"
