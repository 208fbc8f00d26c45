"""The dataset that processes share is a module which each of them imports."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
