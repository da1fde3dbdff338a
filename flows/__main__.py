"""`python -m flows` is `strata`."""

from flows.startup import program

program()
