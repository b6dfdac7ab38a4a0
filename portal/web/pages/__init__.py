"""The pages an employee sees, one module a page."""
