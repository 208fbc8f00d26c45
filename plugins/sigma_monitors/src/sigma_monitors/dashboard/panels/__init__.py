"""The panels of the dashboard, one in each module; they are components of kind `panels`."""
