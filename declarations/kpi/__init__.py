"""How well the promises are kept: the log of facts, what a month's report says of it, and who may see what of it."""
