"""The public register of authorizations: who may see what, for everybody to read."""
