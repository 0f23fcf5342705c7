"""The operators' board: where every batch, every recipient and every clock stands, as pages without a build step."""
