"""Pictures in addresses."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from sigma_monitors.dashboard.panels._picture import picture


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (5, 9), (7, 3, 3)])
def test_a_picture_holds_its_pixels(shape):
    """As another library reads them."""
    pixels = np.random.default_rng(2).integers(0, 256, shape, np.uint8)
    head, _, data = picture(pixels).partition(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as found:
        assert np.array_equal(np.asarray(found), pixels)
