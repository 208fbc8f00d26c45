"""Mergers: how the networks of several workers become one; one file each. The plain mean is part of the kernel."""
