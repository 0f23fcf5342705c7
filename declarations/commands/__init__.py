"""The commands, by what a person is about; `declarations.cli` puts them together."""
