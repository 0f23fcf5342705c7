"""What was found in declarations, for people: on the terminal and as one page of HTML."""
