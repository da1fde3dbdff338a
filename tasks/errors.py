"""Errors carry their facts as attributes and say whether a retry can help.

`Transient` is worth a retry (a server that answered 503); `Terminal` is not (a column that is not there).
Each message names the market, file, record, column and value where they are known, what was expected, and what to
do next. A value of a personal column is masked by whoever raises the error (`tasks.privacy.mask`).
"""

from __future__ import annotations

#: Control characters, written out: a message may quote a damaged header or file name, and goes to terminals and logs.
_WRITTEN_OUT = {code: f"\\x{code:02x}" for code in (*range(10), *range(11, 32), *range(127, 160))}


class StrataError(Exception):
    """Something went wrong that a data operator or analyst can act on."""

    def __init__(
        self,
        problem: str,
        *,
        market: str | None = None,
        file: str | None = None,
        line: int | None = None,
        record: int | None = None,
        column: str | None = None,
        path: str | None = None,
        value: object = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problem = problem
        self.market = market
        self.file = file
        self.line = line
        self.record = record
        self.column = column
        self.path = path
        self.value = value
        self.expected = expected
        self.hint = hint
        super().__init__(problem)

    def facts(self) -> dict[str, object]:
        """The facts that are known, by name, in a fixed order."""
        names = ("market", "file", "line", "record", "column", "path", "value", "expected", "hint")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def __str__(self) -> str:
        """The message.

        >>> str(Terminal("column is missing", market="DE", file="kunden.csv", column="Kd-Nr", hint="check the header"))
        'DE: kunden.csv: column Kd-Nr: column is missing; check the header'

        A drop's folder mostly bears its market's name, which is said once:

        >>> str(DropError("no file for the table sales", market="DE", path="DE"))
        'DE: no file for the table sales'
        """
        file = self.file if self.line is None else f"{self.file or 'line'}:{self.line}"
        where = [
            self.market,
            file,
            None if self.record is None else f"record {self.record}",
            None if self.column is None else f"column {self.column}",
            None if self.path == self.market else self.path,
        ]
        parts = [": ".join([*(part for part in where if part), self.problem])]
        if self.value is not None:
            parts.append(f"found {self.value!r}")
        if self.expected is not None:
            parts.append(f"expected {self.expected}")
        if self.hint is not None:
            parts.append(self.hint)
        return "; ".join(parts).translate(_WRITTEN_OUT)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling between processes with all facts."""
        return (_rebuild, (type(self), self.problem, self.facts()))


def _rebuild(kind: type[StrataError], problem: str, facts: dict[str, object]) -> StrataError:
    return kind(problem, **facts)  # type: ignore[arg-type]


class Terminal(StrataError):
    """No retry will help: the input, the profile or the code must change."""


class Transient(StrataError):
    """A retry may help: the network, the object store or a server was not available."""


class ProfileError(Terminal):
    """A profile is wrong; `file`, `line` and `path` say where."""


class ProfileErrors(Terminal):
    """All the faults of a profile at once, so that an analyst mends them in one go."""

    def __init__(self, errors: tuple[ProfileError, ...]) -> None:
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors))

    def __reduce__(self) -> tuple[object, ...]:
        return (ProfileErrors, (self.errors,))


class DropError(Terminal):
    """A drop cannot be read as its profile declares; `file`, `record`, `column` say where."""


class NoPurchases(DropError):
    """Not one purchase is left of a drop: it is another market's, or of days after the as-of date."""


class LedgerError(Terminal):
    """Rows do not add up: `read = kept + duplicate + filtered + quarantined` fails. Always a defect of the program."""


class ReferenceDataError(Terminal):
    """A currency or country has no source of rates, prices or incomes."""


class PublicationError(Terminal):
    """A publication cannot be completed: a differing leftover, or a store without conditional writes."""


class ObjectMissing(Terminal):
    """There is no object under that key; `path` names it."""


class StoreUnavailable(Transient):
    """The object store did not answer, or asked to slow down, within the retries."""


class DatabaseUnavailable(Transient):
    """A database did not answer, or broke off; nothing half is left."""
