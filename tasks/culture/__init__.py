"""What a culture expects, beside the stages: languages, names, addresses, phones, calendar."""
