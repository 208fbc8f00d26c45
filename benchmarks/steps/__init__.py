"""What one training step costs, beside peers and beside the matrix products in it; see `benchmarks/step.py`."""
