"""The steps of the flow as pure functions: bytes and frames in, values out."""
