"""The command line, `declarations` or `python -m declarations`; light, since processes that it starts import it."""

from __future__ import annotations


def main() -> None:
    """Run it."""
    from declarations import cli

    cli.main()


if __name__ == "__main__":
    main()
