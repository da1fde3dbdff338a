"""What commands and pages read of publications and runs, and in which words and shapes they tell it."""
