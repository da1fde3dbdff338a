"""What a run does only where a Prefect server is there: one run per market at a time, and events for automations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from prefect.concurrency.sync import concurrency
from prefect.events import emit_event
from prefect.settings import get_current_settings

from flows.planning.naming import market_limit
from flows.running.outcomes import MarketOutcome
from tasks import progress

#: A run that died gives its market back after so many seconds; Prefect renews a living one's claim.
LEASE_SECONDS = 60
#: How long it asks for its turn before it looks whether it was cancelled.
TURN_SECONDS = 10


def served() -> bool:
    """Whether this run reports to a server that stays, and not to one that lives for this process alone."""
    return get_current_settings().api.url is not None


@contextmanager
def one_at_a_time(market: str) -> Iterator[None]:
    """Wait until no other run has this market. Without a server, or before `strata deploy` made the limit: go ahead.

    The pointer's compare-and-swap keeps two runs from spoiling anything; this keeps them from computing twice.
    """
    if not served():
        yield
        return
    progress.report(market, "waiting", "for other runs of this market to end")
    with ExitStack() as held:
        while True:  # a wait without an end could not be cancelled
            claim = concurrency(
                market_limit(market),
                timeout_seconds=TURN_SECONDS,
                lease_duration=LEASE_SECONDS,
                raise_on_lease_renewal_failure=False,
            )
            with suppress(TimeoutError):
                held.enter_context(claim)
                break
        yield


def tell(outcome: MarketOutcome) -> None:
    """Emit `strata.market.<state>`, to which automations listen: counts and codes, never a personal value."""
    if served():
        emit_event(
            f"strata.market.{outcome.state}",
            resource={
                "prefect.resource.id": f"strata.market.{outcome.market}",
                "prefect.resource.name": outcome.market,
                "strata.as-of": str(outcome.as_of),
                "strata.publication": outcome.publication or "",
            },
            payload={"detail": outcome.detail, "error": outcome.error or "", "hints": list(outcome.hints)},
        )
