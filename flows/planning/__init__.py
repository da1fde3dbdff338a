"""What is decided before any data is read: which markets run, when, in which roots, and what the runs are called."""
