"""The error function, which NumPy lacks.

In float64 by the rational approximations of fdlibm (Sun Microsystems 1993, s_erf.c), within an ulp; in float32 by one
rational function of x in [-3.84, 3.84], beyond which the result is 1 in float32.
"""

from math import pi, sqrt
from typing import Any

import numpy as np

from sigma_core.graph.operations._batching import elementwise
from sigma_core.graph.operations._operation import Kind, Operation, register

# Coefficients from the lowest power on. |x| < 0.84375: x + x P(x^2)/Q(x^2)
_SMALL = (
    (
        *(1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02),
        *(-5.77027029648944159157e-03, -2.37630166566501626084e-05),
    ),
    (
        *(1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03),
        *(1.32494738004321644526e-04, -3.96022827877536812320e-06),
    ),
)
# |x| < 1.25: c + P(s)/Q(s), s = |x| - 1
_MIDDLE_CENTRE = 8.45062911510467529297e-01
_MIDDLE = (
    (
        *(-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01),
        *(3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02),
        -2.16637559486879084300e-03,
    ),
    (
        *(1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02),
        *(1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02),
    ),
)
# Beyond: 1 - exp(-x^2 - 0.5625 + P(1/x^2)/Q(1/x^2)) / |x|, up to 1/0.35 and from there on
_LARGE = (
    (
        *(-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e01),
        *(-6.23753324503260060396e01, -1.62396669462573470355e02, -1.84605092906711035994e02),
        *(-8.12874355063065934246e01, -9.81432934416914548592e00),
    ),
    (
        *(1.0, 1.96512716674392571292e01, 1.37657754143519042600e02, 4.34565877475229228821e02),
        *(6.45387271733267880336e02, 4.29008140027567833386e02, 1.08635005541779435134e02),
        *(6.57024977031928170135e00, -6.04244152148580987438e-02),
    ),
)
_LARGEST = (
    (
        *(-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e01),
        *(-1.60636384855821916062e02, -6.37566443368389627722e02, -1.02509513161107724954e03),
        -4.83519191608651397019e02,
    ),
    (
        *(1.0, 3.03380607434824582924e01, 3.25792512996573918826e02, 1.53672958608443695994e03),
        *(3.19985821950859553908e03, 2.55305040643316442583e03, 4.74528541206955367215e02),
        -2.24409524465858183362e01,
    ),
)
# float32: x P(x^2)/Q(x^2)
_SINGLE = (
    (
        *(-1.60960333262415e-02, -2.95459980854025e-03, -7.34990630326855e-04, -5.69250639462346e-05),
        *(-2.10102402082508e-06, 2.77068142495902e-08, -2.72614225801306e-10),
    ),
    (
        *(-1.42647390514189e-02, -7.37332916720468e-03, -1.68282697438203e-03, -2.13374055278905e-04),
        -1.45660718464996e-05,
    ),
)
_EDGE = 3.832506856900711


def _ratio(x: Any, polynomials: tuple[tuple[float, ...], tuple[float, ...]]) -> Any:
    above, below = (_polynomial(x, each) for each in polynomials)
    return np.divide(above, below, out=above)


def _polynomial(x: Any, coefficients: tuple[float, ...]) -> Any:
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total


def _single(x: Any) -> Any:
    clipped = np.clip(x, -_EDGE, _EDGE)
    result = clipped * _ratio(clipped * clipped, _SINGLE)
    # Exactly: what is multiplied by 1 + erf(x) vanishes far out, however large it is.
    return np.where(np.abs(x) > _EDGE, np.copysign(np.float32(1), x), result)


def _double(x: Any) -> Any:
    magnitude = np.abs(x)
    result = np.ones_like(magnitude)
    result[np.isnan(x)] = np.nan
    small, middle = magnitude < 0.84375, (magnitude >= 0.84375) & (magnitude < 1.25)
    large = (magnitude >= 1.25) & (magnitude < 1 / 0.35)
    largest = (magnitude >= 1 / 0.35) & (magnitude < 6)
    s = magnitude[small]
    result[small] = s + s * _ratio(s * s, _SMALL)
    result[middle] = _MIDDLE_CENTRE + _ratio(magnitude[middle] - 1, _MIDDLE)
    for where, polynomials in ((large, _LARGE), (largest, _LARGEST)):
        s = magnitude[where]
        # The square of what is rounded to 20 bits is exact: the rest of x^2 goes into the second exponential.
        rounded = s.astype(np.float32).astype(np.float64)
        rounded = (rounded.view(np.int64) & -(1 << 32)).view(np.float64)
        tail = np.exp((rounded - s) * (rounded + s) + _ratio(1 / (s * s), polynomials))
        result[where] = 1 - np.exp(-rounded * rounded - 0.5625) * tail / s
    return np.copysign(result, x)


def _erf(array: Any, out: Any = None) -> Any:
    x = np.asarray(array)
    flat = x.reshape(-1)
    if x.dtype == np.float64:
        result = _double(flat)
    else:
        result = _single(flat.astype(np.float32, copy=False)).astype(x.dtype, copy=False)
    result = result.reshape(x.shape)
    if out is None:
        return result
    np.copyto(out, result)
    return out


def _slope(g: Any, x: Any) -> Any:
    return g * (np.exp(-(x * x)) * (2 / sqrt(pi)))


ERF = register(
    Operation(
        "erf",
        Kind.ELEMENTWISE,
        lambda x: (x.shape, x.dtype),
        _erf,
        lambda _position, g, node: _slope(g, node.inputs[0]),
        lambda tangents, node: _slope(tangents[0], node.inputs[0]),
        batch=elementwise,
    )
)
