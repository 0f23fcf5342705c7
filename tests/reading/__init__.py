"""Files and batches of any size: cut, read and judged in slices, by one process or several."""
