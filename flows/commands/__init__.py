"""One file per command of `strata`; nothing heavy is imported before a command needs it."""
