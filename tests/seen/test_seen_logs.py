"""Log lines carry market, publication, step and run, and no personal value, whatever goes wrong."""

from __future__ import annotations

import io
import json
import logging
import sys

import duckdb
import pydantic
import pytest

from flows import logging_setup
from flows.logging_setup import JsonLines, Lines, ToPrefect, set_up
from flows.running.unforeseen import unforeseen
from tasks import progress
from tasks.delivery.trying import Unclear
from tasks.errors import ProfileError, ProfileErrors, StrataError, Terminal, Transient

#: What no log may hold, in values that would break a careless pattern.
PERSONAL = ("Mustermann", "erika@example.com", "151 2345")
VALUES = (
    "Erika Mustermann",
    'Erika "Rika" O\'Mustermann; erika@example.com; expected nothing\n+49 151 2345678',
    ["Mustermann; Erika", "erika@example.com"],
    {"phone": "+49 151 2345678"},
    ["no; expected Mustermann"],
)


def every_kind(kind=StrataError):
    """This house's classes of errors, found through their base, so that a new one is tried as well."""
    assert Unclear  # imported for its place in the tree
    return [kind, *(found for child in kind.__subclasses__() for found in every_kind(child))]


KINDS = [kind for kind in every_kind() if kind is not ProfileErrors]


@pytest.fixture
def logs(monkeypatch):
    """A function that sets logging up as a process does at its start; gives what is written to stderr."""
    root, own = logging.getLogger(), logging.getLogger("strata")
    before = [*root.handlers], [*own.handlers], own.level, own.propagate
    monkeypatch.setattr(progress, "_listeners", [])
    own.handlers[:], own.propagate = [], True  # as in a new process

    def start(form=None, *, command=False):
        monkeypatch.setattr(logging_setup, "_done", [])
        monkeypatch.delenv("STRATA_LOG", raising=False)
        if form:
            monkeypatch.setenv("STRATA_LOG", form)
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        set_up(command=command)
        return stream

    with progress.about(market=None, as_of=None, publication=None, step=None, run=None):  # what other tests left
        yield start
    for name in logging_setup.PREFECTS:
        logging.getLogger(name).filters.clear()
    for handler in [one for one in root.handlers if isinstance(one, logging_setup.Stderr)]:
        root.removeHandler(handler)
    for handler in before[0]:
        if type(handler).__module__.startswith("prefect."):  # pytest takes care of its own
            root.addHandler(handler)
    own.handlers[:], own.level, own.propagate = before[1:]


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# --- fields -----------------------------------------------------------------------------------------------------------


def test_a_json_line_says_what_it_is_about(logs):
    stream = logs("json")
    with progress.about(market="DE", as_of="2026-06-30", run="4f0c"):
        progress.report("DE", "traits")
        progress.note(publication="521db2c5d35cf49090afa3e9")
        logging.getLogger("strata.any").warning("%s rows", 3)
    step, said = lines(stream)
    assert {name: step[name] for name in ("market", "as_of", "run", "step", "level", "message")} == {
        "market": "DE", "as_of": "2026-06-30", "run": "4f0c", "step": "traits", "level": "info", "message": "traits"
    }  # fmt: skip
    assert "publication" not in step
    assert (said["message"], said["level"], said["logger"]) == ("3 rows", "warning", "strata.any")
    assert (said["publication"], said["step"]) == ("521db2c5d35cf49090afa3e9", "traits")
    assert said["time"].endswith("+00:00")


def test_a_line_to_read_says_the_same(logs):
    stream = logs("text")
    with progress.about(market="DE", as_of="2026-06-30", run="4f0c", publication="521d"):
        progress.report("DE", "published", "1,473 customers")
        logging.getLogger("strata.any").warning("slow")
    first, second = (line.split(" ", 1)[1] for line in stream.getvalue().splitlines())
    assert first == "INFO DE 2026-06-30: published: 1,473 customers [publication 521d, run 4f0c]"
    assert second == "WARNING DE 2026-06-30 published: slow [publication 521d, run 4f0c]"


def test_what_one_market_was_about_is_not_said_of_the_next(logs):
    stream = logs("json")
    with progress.about(market="DE", run="4f0c", publication="521d"):
        progress.report("JP", "ingest")
        logging.getLogger("strata.any").warning("x")
    assert [(line["market"], "run" in line, "publication" in line) for line in lines(stream)] == [
        ("JP", False, False),
        ("JP", False, False),
    ]


@pytest.mark.parametrize(("step", "level"), [("ingest", "info"), ("held", "warning"), ("failed", "error")])
def test_how_a_market_ends_sets_the_level(logs, step, level):
    stream = logs("json")
    progress.report("DE", step)
    assert lines(stream)[0]["level"] == level


def test_at_the_command_line_nothing_but_warnings_is_written_unless_asked_for(logs):
    stream = logs(command=True)
    progress.report("DE", "failed", "shown on the terminal")
    logging.getLogger("strata.any").info("detail")
    logging.getLogger("strata.any").warning("look")
    assert [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()] == ["WARNING DE failed: look"]


def test_a_worker_writes_each_step_without_being_asked(logs):
    stream = logs()
    progress.report("DE", "ingest")
    assert stream.getvalue().split(" ", 1)[1] == "INFO DE: ingest\n"


def test_other_libraries_come_in_the_same_form(logs):
    stream = logs("json")
    logging.getLogger("botocore.retries").warning("retry %d", 2)
    (line,) = lines(stream)
    assert (line["logger"], line["message"]) == ("botocore.retries", "retry 2")


def test_a_second_set_up_changes_nothing(logs):
    stream = logs("json")
    set_up()
    progress.report("DE", "ingest")
    assert len(lines(stream)) == 1


def test_an_unknown_form_is_refused(logs):
    with pytest.raises(Terminal, match=r"STRATA_LOG.*found 'xml'; expected json or text"):
        logs("xml")


# --- no personal values -----------------------------------------------------------------------------------------------


def without_personal(text):
    return not [word for word in PERSONAL if word in text]


def quoting():
    """What a module of others says of the data that it cannot read."""
    raise ValueError(f"could not convert {VALUES}")


def said_of(stream, error):
    """Everything that a module may do with an error it has caught, or that a run tells of it."""
    log = logging.getLogger("strata.any")
    try:
        try:
            quoting()
        except ValueError as cause:
            raise error from cause
    except type(error) as caught:
        log.exception("it failed")
        log.warning("%s", caught)
        log.warning("%r and %s", caught, "more")
        log.warning("%(why)s", {"why": caught})
        log.warning(caught)
        if isinstance(error, StrataError):
            progress.report("DE", "failed", str(caught))
    return stream.getvalue()


@pytest.mark.parametrize("value", VALUES, ids=["name", "text", "list", "object", "trap"])
@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_error_of_this_house_brings_its_value_into_the_log(logs, kind, form, value):
    facts = {"market": "DE", "file": "kunden.csv", "record": 7, "column": "Mail", "expected": "an address"}
    text = said_of(logs(form), kind("no address", value=value, hint="check the column", **facts))
    assert without_personal(text)
    assert "kunden.csv: record 7: column Mail: no address" in text  # but where and what it was


def test_nor_do_many_faults_of_a_profile(logs):
    faults = ProfileErrors((ProfileError("no number", path="tax.rate", value=VALUES[1], file="de.yaml"),))
    text = said_of(logs("json"), faults)
    assert without_personal(text)
    assert "de.yaml" in text


def foreign():
    """Errors of others, whose text quotes data."""
    found = [ValueError(VALUES[1]), KeyError("Mustermann"), UnicodeDecodeError("utf-8", b"Mustermann", 0, 1, "bad")]
    with_note = RuntimeError("x")
    with_note.add_note("erika@example.com")
    found += [with_note, ExceptionGroup("erika@example.com", [ValueError("Mustermann")])]
    with pytest.raises(duckdb.Error) as of_duckdb, duckdb.connect() as con:
        con.execute("SELECT 'Mustermann'::INTEGER")
    with pytest.raises(pydantic.ValidationError) as of_pydantic:
        pydantic.TypeAdapter(int).validate_python("erika@example.com")
    return [*found, of_duckdb.value, of_pydantic.value]


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("error", foreign(), ids=lambda error: type(error).__name__)
def test_of_other_errors_only_type_and_place_are_logged(logs, error, form):
    text = said_of(logs(form), error)
    assert without_personal(text)
    assert type(error).__name__ in text
    assert "seen/test_seen_logs.py:" in text


def test_an_unforeseen_error_keeps_its_place_alone(logs):
    assert without_personal(said_of(logs("text"), unforeseen(ValueError("Mustermann"))))


@pytest.mark.parametrize("formatter", [JsonLines(), Lines()], ids=["json", "text"])
def test_a_line_stays_one_line_in_json_and_is_text_in_both(formatter):
    record = logging.LogRecord("strata.any", logging.INFO, "x.py", 1, "a\nb", None, None)
    text = formatter.format(record)
    assert ("\n" in text) == isinstance(formatter, Lines)


# --- Prefect ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def prefect_log(monkeypatch):
    """What a run's log at the server gets."""
    from prefect.context import FlowRunContext
    from prefect.logging.handlers import APILogHandler

    told = []
    monkeypatch.setattr(APILogHandler, "emit", lambda _, record: told.append((record.levelname, record.getMessage())))
    monkeypatch.setattr("flows.running.serving.served", lambda: True)
    monkeypatch.setattr(FlowRunContext, "get", classmethod(lambda _: object()))
    return told


def test_prefects_log_says_the_same_in_words(logs, prefect_log):
    logs("json")
    with progress.about(market="DE", as_of="2026-06-30", run="4f0c", publication="521d"):
        progress.report("DE", "failed", str(Transient("no answer", value="Mustermann")))
    assert prefect_log == [("ERROR", "DE 2026-06-30: failed: no answer [publication 521d, run 4f0c]")]


def test_without_a_server_or_outside_of_a_run_prefect_is_told_nothing(logs, prefect_log, monkeypatch):
    logs("json")
    monkeypatch.setattr("flows.running.serving.served", lambda: False)
    progress.report("DE", "ingest")
    assert prefect_log == []


@pytest.mark.parametrize("name", ["prefect.flow_runs", "prefect.task_runs"])
def test_what_prefect_itself_tells_of_an_error_has_no_value_and_no_text_of_others(logs, name, monkeypatch):
    logs("text")
    log, told = logging.getLogger(name), io.StringIO()
    monkeypatch.setattr(log, "handlers", [logging.StreamHandler(told)])  # Prefect's own asks for a run
    said = str(Terminal("no address", column="Mail", value=VALUES[1], expected="an @"))
    log.error("Finished in state Failed('Task run encountered an exception: %s')", said)
    try:
        quoting()
    except ValueError as error:
        log.exception("Encountered exception during execution: %r", error)  # noqa: TRY401 - as Prefect does
    assert without_personal(told.getvalue())
    assert "column Mail: no address; expected an @" in told.getvalue()
    assert "Encountered exception during execution: ValueError" in told.getvalue()
    assert "test_seen_logs.py" in told.getvalue()


def test_prefect_is_not_imported_for_the_sake_of_a_log(monkeypatch):
    monkeypatch.delitem(sys.modules, "prefect.context", raising=False)
    ToPrefect().emit(logging.LogRecord("strata.any", logging.INFO, "x.py", 1, "text", None, None))
    assert "prefect.context" not in sys.modules
