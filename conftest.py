"""What holds for the tests of the kernel and of every plugin."""

from hypothesis import settings

# No test asserts a time: an example that imports a module for the first time would be too late for the usual deadline.
settings.register_profile("sigma", deadline=None)
settings.load_profile("sigma")
