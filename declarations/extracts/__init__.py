"""The files that recipients get: built by naming authorized columns, checked again before they leave."""
