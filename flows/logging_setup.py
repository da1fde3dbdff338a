"""Logs with market, publication, step and run as fields: JSON lines with STRATA_LOG=json, else lines to read.

No log holds a personal value, whatever goes wrong: of this house's errors the value that was found is left out, of all
others everything but their type and place. STRATA_DEBUG=1 lets Prefect show errors whole, for one's own machine.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from tasks import progress
from tasks.errors import ProfileErrors, StrataError, Terminal

Kind = Literal["json", "text"]
VARIABLE = "STRATA_LOG"
NAME = "strata"
#: Fields of a line, in this order, where they are known. The last two are Prefect's names of its runs.
FIELDS = ("market", "as_of", "publication", "step", "run", "flow_run_name", "task_run_name")
#: A value in a message of `StrataError`, as `repr` writes it; of what is no text, all up to what was expected.
_TEXT = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_FOUND = re.compile(rf"; found (?:(?:{_TEXT})(?=;|$)|[^\n]*(?=; expected )|[^\n]*)", re.DOTALL)
#: Loggers by which Prefect tells how runs end, their errors with them.
PREFECTS = ("prefect.flow_runs", "prefect.task_runs")
#: How a market's run ends, where somebody has to look.
_LEVELS = {"failed": logging.ERROR, "held": logging.WARNING}

log = logging.getLogger(f"{NAME}.run")
_done: list[Kind] = []


def set_up(*, command: bool = False) -> None:
    """Let `strata.*` loggers write to stderr, and to Prefect within its runs. The first call of a process counts.

    At the command line nothing but warnings is written unless STRATA_LOG asks for more: progress is on the terminal.
    With `json` whatever other libraries log comes in the same form.

    Raises:
        Terminal: STRATA_LOG is neither json nor text.
    """
    if _done:
        return
    asked = os.environ.get(VARIABLE, "").strip().lower()
    if asked not in {"", "json", "text"}:
        raise Terminal("no such form of logs", path=VARIABLE, value=asked, expected="json or text")
    kind: Kind = "json" if asked == "json" else "text"
    _done.append(kind)
    handler = Stderr()
    handler.setFormatter(JsonLines() if kind == "json" else Lines())
    own = logging.getLogger(NAME)
    own.setLevel(logging.INFO)
    if command and not asked:
        handler.addFilter(_unseen)
    if kind == "json":
        _everybody(handler)
    else:
        own.addHandler(handler)
        own.propagate = False
    own.addHandler(ToPrefect())
    if not os.environ.get("STRATA_DEBUG"):
        for name in PREFECTS:
            logging.getLogger(name).addFilter(_made_safe)
    progress.listen(_tell)


def _made_safe(record: logging.LogRecord) -> bool:
    """Prefect tells of errors whole, on its console and to its server: before that, texts and traces are bared."""
    error = _error_of(record)
    record.msg = "\n".join([message(record), *(trace(error) if error else ())])
    record.args, record.exc_info, record.exc_text = None, None, None
    return True


def _unseen(record: logging.LogRecord) -> bool:
    """Whether the terminal does not tell it already."""
    return record.levelno >= logging.WARNING and record.name != log.name


class Stderr(logging.StreamHandler[TextIO]):
    """Whatever stderr is at that moment. Prefect replaces a root logger's handlers whose names begin with `_`."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """The stream of the moment."""
        return sys.stderr


def _everybody(handler: logging.Handler) -> None:
    """One handler for all. Prefect leaves a root logger alone that has one, or was here before and made its own."""
    root = logging.getLogger()
    for other in tuple(root.handlers):
        if type(other).__module__.startswith("prefect."):
            root.removeHandler(other)
    root.addHandler(handler)


def _tell(market: str, step: str, detail: str) -> None:
    """Each step of a market, and how it ended."""
    text = f"{step}: {detail}" if detail else step
    log.log(_LEVELS.get(step, logging.INFO), "%s", text, extra={"market": market, "step": step})


# --- what is said -----------------------------------------------------------------------------------------------------


def without_values(text: str) -> str:
    """A message of this house without the value that was found.

    >>> without_values("DE: kunden.csv: column Mail: no address; found 'erika@example.com'; expected an @")
    'DE: kunden.csv: column Mail: no address; expected an @'
    """
    return _FOUND.sub("", text)


def safe(error: BaseException) -> str:
    """An error in words: its message without values if this house wrote it, else its type alone."""
    if isinstance(error, ProfileErrors):
        return f"{type(error).__name__}: {'; '.join(safe(one) for one in error.errors)}"
    if isinstance(error, StrataError):
        facts = {name: fact for name, fact in error.facts().items() if name != "value"}
        told: Any = StrataError(error.problem, **facts)  # type: ignore[arg-type]
        return f"{type(error).__name__}: {told}"
    return type(error).__name__


def trace(error: BaseException) -> Iterator[str]:
    """Where an error came from, the outermost frame first, then what caused it: names and lines of code, no text."""
    yield safe(error)
    at = error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        yield f"  {'/'.join(code.co_filename.rsplit('/', 2)[-2:])}:{at.tb_lineno} {code.co_name}"
        at = at.tb_next
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from trace(cause)


def message(record: logging.LogRecord) -> str:
    """What a record says; errors among its arguments as `safe` puts them, and no value that was found."""
    args: Any = record.args
    if isinstance(args, tuple):
        args = tuple(map(_bare, args))
    elif isinstance(args, Mapping):
        args = {name: _bare(value) for name, value in args.items()}
    text = _bare(record.msg)
    return without_values(str(text) % args if args else str(text))


class _Said(str):
    """A text that `%r` leaves as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _bare(value: object) -> object:
    return _Said(safe(value)) if isinstance(value, BaseException) else value


def fields(record: logging.LogRecord) -> dict[str, str]:
    """What a record is about: what it says itself comes before what the thread is at."""
    known = {**progress.subject(), **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)}}
    return {name: str(known[name]) for name in FIELDS if known.get(name)}


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, the fields, and `error` as lines of a trace."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message(record),
            **fields(record),
        }
        error = _error_of(record)
        if error is not None:
            told["error"] = list(trace(error))
        return json.dumps(told, ensure_ascii=False)


class Lines(logging.Formatter):
    """A line to read: `12:00:00 INFO DE 2026-06-30 normalize: message [run, publication]`, an error's trace below."""

    def __init__(self, *, clock: bool = True) -> None:
        super().__init__()
        self.clock = clock

    def format(self, record: logging.LogRecord) -> str:
        """The lines, without the last end."""
        known = fields(record)
        clock = f"{datetime.fromtimestamp(record.created, UTC):%H:%M:%S} {record.levelname} " if self.clock else ""
        text = message(record)
        step = known.get("step", "")
        lead = [known.get("market", ""), known.get("as_of", ""), "" if text.startswith(step) else step]
        about = " ".join(part for part in lead if part)
        more = ", ".join(f"{name} {known[name]}" for name in ("publication", "run") if name in known)
        line = f"{clock}{about}{': ' if about else ''}{text}{f' [{more}]' if more else ''}"
        error = _error_of(record)
        return line if error is None else "\n".join([line, *trace(error)])


class ToPrefect(logging.Handler):
    """The same lines in the log of the Prefect run that they come from, where a server keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(Lines(clock=False))
        self._server: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record on, if this is a run that reports to a server."""
        if "prefect.context" not in sys.modules:
            return
        from prefect.context import FlowRunContext, TaskRunContext
        from prefect.logging.handlers import APILogHandler

        from flows.running.serving import served

        if (FlowRunContext.get() is None and TaskRunContext.get() is None) or not served():
            return
        if self._server is None:
            self._server = APILogHandler()
        bare = logging.makeLogRecord({**record.__dict__, "msg": self.format(record), "args": None, "exc_info": None})
        self._server.emit(bare)
