"""The dashboard: runs in a browser or a window of their own, to be seen and steered."""

from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording

__all__ = ["Panel", "Recording", "View"]
