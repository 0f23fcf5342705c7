"""Reading many forms at once: the same blocks and findings as form by form, at the speed of bare validation."""
