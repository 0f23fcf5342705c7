"""Reading batches of any size: in slices of whole forms, in flat memory, by one process or several."""
