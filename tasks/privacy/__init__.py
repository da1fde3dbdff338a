"""What personal data may become: masks in messages, pseudonyms in publications, nothing after an erasure."""
