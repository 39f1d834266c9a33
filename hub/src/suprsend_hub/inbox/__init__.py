"""The in-app inbox as browsers see it."""
