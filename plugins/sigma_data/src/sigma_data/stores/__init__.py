"""Where records that are appended are kept: in memory, or in a folder."""

from sigma_data.stores._form import Form
from sigma_data.stores._store import Store
from sigma_data.stores.in_folder import InFolder
from sigma_data.stores.in_memory import InMemory

__all__ = ["Form", "InFolder", "InMemory", "Store"]
