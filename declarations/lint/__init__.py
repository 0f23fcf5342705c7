"""What is wrong with a family's folder, all of it: schemas, card, controls, code lists, routes, authorizations."""

from declarations.lint.bulk import readings
from declarations.lint.folder import Problem
from declarations.lint.problems import problems

__all__ = ["Problem", "problems", "readings"]
