"""Who is entitled to what: routes, authorizations, and both laid out for a batch."""
