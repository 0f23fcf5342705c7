"""`python -m declarations` is the command line."""

from declarations.cli import main

main()
