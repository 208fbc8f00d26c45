"""The dashboard: runs in a browser or a window of their own, to be seen and steered."""
