"""Elementary functions as polynomials that vectorise: of float32 and float64, right for NaN and infinities.

`Number` writes LLVM's instructions; the functions below read as mathematics. libm's are calls, one per element.
"""

from collections.abc import Callable, Sequence
from typing import Any, Union

import numpy as np
from attrs import frozen
from llvmlite import ir

Operand = Union["Number", float]


@frozen(eq=False)
class Number:
    """A floating-point number, or a truth value, while code is generated."""

    builder: Any
    value: Any

    @property
    def is_double(self) -> bool:
        """Whether it is a float64."""
        return isinstance(self.value.type, ir.DoubleType)

    @property
    def limits(self) -> np.finfo:
        """Of its dtype."""
        return np.finfo(np.float64 if self.is_double else np.float32)

    def like(self, number: float) -> "Number":
        """A constant of the same width."""
        return Number(self.builder, ir.Constant(self.value.type, float(number)))

    def _other(self, other: Operand) -> Any:
        return other.value if isinstance(other, Number) else self.like(other).value

    def _made(self, instruction: str, other: Operand) -> "Number":
        return Number(self.builder, getattr(self.builder, instruction)(self.value, self._other(other)))

    def __add__(self, other: Operand) -> "Number":
        return self._made("fadd", other)

    def __sub__(self, other: Operand) -> "Number":
        return self._made("fsub", other)

    def __mul__(self, other: Operand) -> "Number":
        return self._made("fmul", other)

    def __truediv__(self, other: Operand) -> "Number":
        return self._made("fdiv", other)

    def __neg__(self) -> "Number":
        return Number(self.builder, self.builder.fneg(self.value))

    def compared(self, how: str, other: Operand) -> "Number":
        """A truth value; false where one is NaN."""
        return Number(self.builder, self.builder.fcmp_ordered(how, self.value, self._other(other)))

    def where(self, condition: "Number", otherwise: Operand) -> "Number":
        """Itself where the condition holds."""
        return Number(self.builder, self.builder.select(condition.value, self.value, self._other(otherwise)))

    def call(self, name: str, *others: Operand) -> "Number":
        """One of LLVM's intrinsics, such as sqrt or rint."""
        kind, values = self.value.type, [self.value, *map(self._other, others)]
        function = ir.FunctionType(kind, [kind] * len(values))
        declared = self.builder.module.declare_intrinsic(f"llvm.{name}", (kind,), function)
        return Number(self.builder, self.builder.call(declared, values))

    def fma(self, factor: Operand, addend: Operand) -> "Number":
        """The product with a factor plus an addend, rounded once."""
        return self.call("fma", factor, addend)

    def at_most(self, bound: float) -> "Number":
        """No larger than a bound; NaN stays NaN."""
        return self.like(bound).where(self.compared(">", bound), self)

    def at_least(self, bound: float) -> "Number":
        """No smaller than a bound; NaN stays NaN."""
        return self.like(bound).where(self.compared("<", bound), self)

    @property
    def integer(self) -> Any:
        """The type of integers of its width."""
        return ir.IntType(64 if self.is_double else 32)

    def bits(self) -> Any:
        """Its representation as an integer."""
        return self.builder.bitcast(self.value, self.integer)

    def from_bits(self, bits: Any) -> "Number":
        """The number of the same width with that representation."""
        return Number(self.builder, self.builder.bitcast(bits, self.value.type))


def polynomial(x: Number, coefficients: Sequence[float]) -> Number:
    """By Horner's rule, the highest power first."""
    total = x.like(coefficients[0])
    for coefficient in coefficients[1:]:
        total = total.fma(x, coefficient)
    return total


def rounded(x: Number) -> tuple[Number, Any]:
    """The nearest whole number, as a number and as an integer; NaN stays NaN, where the integer means nothing.

    Added to one and a half times the largest number with a last bit of 1/2, the integer stands in the lowest bits.
    """
    magic = x.like(1.5 * 2.0**x.limits.nmant)
    shifted = x + magic
    return shifted - magic, x.builder.sub(shifted.bits(), magic.bits())


def scaled(x: Number, power: Any) -> Number:
    """A number times two to the power of an integer, in two steps, so that neither factor is beyond the range."""
    builder, mantissa = x.builder, x.limits.nmant
    half = builder.ashr(power, ir.Constant(x.integer, 1))
    for part in (half, builder.sub(power, half)):
        exponent = builder.add(part, ir.Constant(x.integer, x.limits.maxexp - 1))
        x = x * x.from_bits(builder.shl(exponent, ir.Constant(x.integer, mantissa)))
    return x


LOG2_E = float(np.log2(np.e))
LOG_2 = float(np.log(2))
# log(2) in two parts, the first of few bits, so that its products with whole numbers are exact (Cody & Waite).
LOG_2_PARTS = {False: (0.693359375, -2.12194440e-4), True: (6.93145751953125e-1, 1.42860682030941723212e-6)}
# Cephes' expf: (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2.
EXP_FLOAT = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
EXP_DOUBLE = tuple(float(1 / np.prod(np.arange(1.0, n + 1))) for n in range(13, 1, -1))


def _exp_reduced(x: Number) -> tuple[Number, Any]:
    """exp(r) - 1 and n, where x = n log(2) + r and |r| <= log(2) / 2."""
    number, integer = rounded(x * LOG2_E)
    high, low = LOG_2_PARTS[x.is_double]
    r = (-number).fma(high, x)
    r = (-number).fma(low, r)
    p = polynomial(r, EXP_DOUBLE if x.is_double else EXP_FLOAT)
    return p.fma(r * r, r), integer


def exp(x: Number) -> Number:
    """The exponential."""
    top, bottom = (710.0, -750.0) if x.is_double else (89.0, -105.0)
    p, integer = _exp_reduced(x.at_most(top).at_least(bottom))
    return scaled(p + 1.0, integer)


def exp2(x: Number) -> Number:
    """2 to the power of x."""
    top, bottom = (1025.0, -1080.0) if x.is_double else (129.0, -155.0)
    x = x.at_most(top).at_least(bottom)
    number, integer = rounded(x)
    r = (x - number) * LOG_2
    p = polynomial(r, EXP_DOUBLE if x.is_double else EXP_FLOAT)
    return scaled(p.fma(r * r, r) + 1.0, integer)


def expm1(x: Number) -> Number:
    """The exponential less one, exact near 0."""
    clipped = x.at_most(710.0 if x.is_double else 89.0).at_least(-40.0 if x.is_double else -18.0)
    p, integer = _exp_reduced(clipped)
    # 2^n (p + 1) - 1 = 2^n p + (2^n - 1); the second term is exact while n is small, and all there is otherwise.
    scale = scaled(x.like(1.0), integer)
    small = scale * p + (scale - 1.0)
    large = scaled(p + 1.0, integer) - 1.0
    result = large.where(clipped.compared(">", 40.0), small)
    # The sign of zero.
    return x.where(x.compared("==", 0.0), result)


# Cephes' logf: (log(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt(2).
LOG_FLOAT = (
    *(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1),
    *(-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
)
# FreeBSD's log: log(1 + f) = f - s (f - R) with s = f / (2 + f), R a polynomial in s^2.
LOG_DOUBLE = (
    *(1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01),
    *(2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01),
)


def _log_near_one(f: Number) -> Number:
    """log(1 + f) for a small f."""
    if not f.is_double:
        square = f * f
        return (polynomial(f, LOG_FLOAT) * f).fma(square, square * -0.5) + f
    s = f / (f + 2.0)
    z = s * s
    half = f * f * 0.5
    return f - (half - s * (half + z * polynomial(z, LOG_DOUBLE)))


def _split(x: Number) -> tuple[Number, Number]:
    """A positive number as m 2^e with sqrt(1/2) <= m < sqrt(2): m - 1 and e."""
    builder, limits, integer = x.builder, x.limits, x.integer
    tiny = x.compared("<", float(limits.tiny))
    grown = (x * 2.0 ** (limits.nmant + 2)).where(tiny, x)
    # Bits of a number less those of sqrt(1/2): the exponent is then rounded to that of m.
    offset = int(np.array(np.sqrt(0.5), limits.dtype).view(f"i{limits.bits // 8}"))
    shifted = builder.sub(grown.bits(), ir.Constant(integer, offset))
    exponent = builder.ashr(shifted, ir.Constant(integer, limits.nmant))
    bits = builder.sub(grown.bits(), builder.shl(exponent, ir.Constant(integer, limits.nmant)))
    number = Number(builder, builder.sitofp(exponent, x.value.type))
    return x.from_bits(bits) - 1.0, (number - float(limits.nmant + 2)).where(tiny, number)


def log(x: Number) -> Number:
    """The natural logarithm: -inf at 0, NaN below."""
    f, exponent = _split(x)
    high, low = LOG_2_PARTS[x.is_double]
    result = exponent.fma(high, exponent.fma(low, _log_near_one(f)))
    return _log_ends(x, result)


def log2(x: Number) -> Number:
    """The logarithm to base 2."""
    f, exponent = _split(x)
    return _log_ends(x, _log_near_one(f).fma(LOG2_E, exponent))


def _log_ends(x: Number, result: Number) -> Number:
    """What a logarithm is of 0, infinity, negative numbers and NaN."""
    infinity = float("inf")
    result = x.where(x.compared("==", infinity), result)
    result = x.like(-infinity).where(x.compared("==", 0.0), result)
    return result.where(x.compared(">=", 0.0), float("nan"))


def log1p(x: Number) -> Number:
    """log(1 + x), exact near 0: Kahan's correction of the rounding of 1 + x."""
    total = x + 1.0
    rest = total - 1.0
    corrected = log(total) * (x / rest)
    result = x.where(rest.compared("==", 0.0), corrected)
    return x.where(x.compared("==", float("inf")), result)


def logaddexp(a: Number, b: Number) -> Number:
    """log(exp(a) + exp(b)) without overflow."""
    larger = a.where(a.compared(">", b), b)
    difference = (a - b).call("fabs")
    result = larger + log1p(exp(-difference))
    # Equal infinities differ by NaN.
    return (a + LOG_2).where(a.compared("==", b), result)


# Eigen's: tanh(x) / x as a quotient of polynomials in x^2, for |x| < 8, beyond which a float32 is 1.
TANH_FLOAT = (
    (
        *(-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08),
        *(1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03),
    ),
    (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03),
)
# Cephes' tanh: (tanh(x) - x) / x^3 as a quotient of polynomials in x^2, for |x| < 0.625.
TANH_DOUBLE = (
    (-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3),
    (1.0, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3),
)


def tanh(x: Number) -> Number:
    """The hyperbolic tangent."""
    if not x.is_double:
        x = x.at_most(7.99881172180175781).at_least(-7.99881172180175781)
    above, below = TANH_DOUBLE if x.is_double else TANH_FLOAT
    z = x * x
    ratio = polynomial(z, above) / polynomial(z, below)
    if not x.is_double:
        return x * ratio
    size = x.call("fabs")
    # Beyond 20 it is 1.
    large = x.like(1.0) - x.like(2.0) / (exp(size.at_most(20.0) * 2.0) + 1.0)
    # The sign of zero also is that of x.
    return large.where(size.compared(">=", 0.625), (ratio * z).fma(x, x)).call("copysign", x)


# Eigen's: erf(x) / x as a quotient of polynomials in x^2, for |x| < 3.84, beyond which a float32 is 1.
ERF_FLOAT = (
    (
        *(-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05),
        *(-7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02),
    ),
    (
        *(-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03),
        -1.42647390514189e-02,
    ),
)
ERF_EDGE = 3.832506856900711


def erf(x: Number) -> Number:
    """The error function of a float32."""
    clipped = x.at_most(ERF_EDGE).at_least(-ERF_EDGE)
    above, below = (polynomial(clipped * clipped, each) for each in ERF_FLOAT)
    # Exactly: what is multiplied by 1 + erf(x) vanishes far out, however large it is.
    is_far = x.call("fabs").compared(">", ERF_EDGE)
    return x.like(1.0).call("copysign", x).where(is_far, clipped * (above / below))


def sign(x: Number) -> Number:
    """-1, 0 or 1; NaN of NaN."""
    one = x.like(1.0).call("copysign", x)
    return x.where(x.compared("==", 0.0), one).where(x.compared("==", x), x)


def _intrinsic(name: str) -> Callable[[Number], Number]:
    return lambda x: x.call(name)


FUNCTIONS: dict[str, Callable[..., Number]] = {
    "erf": erf,
    "exp": exp,
    "exp2": exp2,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "log2": log2,
    "logaddexp": logaddexp,
    "sign": sign,
    "tanh": tanh,
    "infinity": lambda x: x.like(float("inf")),
    "one": lambda x: x.like(1.0),
    "power": lambda x, y: x.call("pow", y),
    **{name: _intrinsic(name) for name in ("sqrt", "floor", "ceil", "trunc", "rint")},
}
"""By the name that kernels call them by."""
