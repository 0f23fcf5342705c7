"""The exchange: declaration batches in, answers to senders and extracts to institutions out."""
