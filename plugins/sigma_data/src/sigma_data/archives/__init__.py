"""Archives: how several files are packed into one."""

from sigma_data.archives.tar import Tar
from sigma_data.archives.zip import Zip

__all__ = ["Tar", "Zip"]
