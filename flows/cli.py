"""The `strata` command. Each command lives in flows/commands; heavy imports wait until a command needs them."""

from __future__ import annotations

import sys

import typer

from flows.commands import (
    approve,
    backfill,
    chain,
    deliver,
    demo,
    deploy,
    diff,
    doctor,
    explain,
    link,
    members,
    overlap,
    preview,
    profile,
    reference,
    rerun,
    run,
    sample,
    status,
    tidy,
    traits,
    up,
    validate,
    withdraw,
)
from flows.logging_setup import set_up
from flows.startup import program
from tasks.errors import StrataError

app = typer.Typer(
    help="Customer stratification for a chain of overseas stores: from a store's drop to localized segment files.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("sample")(sample.sample)
app.command("run")(run.run)
app.command("validate")(validate.validate)
app.command("doctor")(doctor.doctor)
app.command("status")(status.status)
app.command("approve")(approve.approve)
app.command("withdraw")(withdraw.withdraw)
app.command("backfill")(backfill.backfill)
app.command("rerun")(rerun.rerun)
app.command("deliver")(deliver.deliver)
app.command("link")(link.link)
app.command("tidy")(tidy.tidy)
app.command("preview")(preview.preview)
app.command("explain")(explain.explain)
app.command("diff")(diff.diff)
app.command("traits")(traits.traits)
app.command("members")(members.members)
app.command("overlap")(overlap.overlap)
app.command("chain")(chain.chain)
app.command("up")(up.up)
app.command("deploy")(deploy.deploy)
app.add_typer(profile.app, name="profile")
app.add_typer(reference.app, name="reference")


def main() -> None:
    """Run the command; an error that a person can act on is told in words, with exit code 2, without a traceback."""
    try:
        set_up(command=True)
        app()
    except StrataError as error:
        typer.echo(f"strata: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    program()
