"""Element-wise operations as expressions of CUDA C, one row per operation, with NumPy's meaning.

`{0}` and `{1}` are operands in the types of NumPy's loop (see `numpy.ufunc.resolve_dtypes`), and the result is assigned
to a variable of the result's type, which wraps integers as NumPy does. What is more than an operator stands in PRELUDE.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from sigma_core.extend import Value
from sigma_cuda.kernels._text import cast, has_type

EXPRESSIONS: Mapping[str, str] = {
    # Arithmetic. Sums and products of truth values are or and and, which their conversion to bool gives.
    "positive": "{0}",
    "negative": "-{0}",
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "power": "np_power({0}, {1})",
    "remainder": "np_remainder({0}, {1})",
    "floor_divide": "np_floor_divide({0}, {1})",
    "fmod": "np_fmod({0}, {1})",
    "float_power": "pow({0}, {1})",
    "maximum": "np_maximum({0}, {1})",
    "minimum": "np_minimum({0}, {1})",
    "fmax": "np_fmax({0}, {1})",
    "fmin": "np_fmin({0}, {1})",
    "absolute": "np_absolute({0})",
    "fabs": "fabs({0})",
    "copysign": "copysign({0}, {1})",
    "heaviside": "np_heaviside({0}, {1})",
    "square": "{0} * {0}",
    "reciprocal": "np_reciprocal({0})",
    "sign": "np_sign({0})",
    # Roots, exponentials, logarithms
    "sqrt": "sqrt({0})",
    "cbrt": "cbrt({0})",
    "hypot": "hypot({0}, {1})",
    "exp": "exp({0})",
    "exp2": "exp2({0})",
    "expm1": "expm1({0})",
    "log": "log({0})",
    "log2": "log2({0})",
    "log10": "log10({0})",
    "log1p": "log1p({0})",
    "logaddexp": "np_logaddexp({0}, {1})",
    "logaddexp2": "np_logaddexp2({0}, {1})",
    "erf": "erf({0})",
    # Angles
    "sin": "sin({0})",
    "cos": "cos({0})",
    "tan": "tan({0})",
    "arcsin": "asin({0})",
    "arccos": "acos({0})",
    "arctan": "atan({0})",
    "arctan2": "atan2({0}, {1})",
    "sinh": "sinh({0})",
    "cosh": "cosh({0})",
    "tanh": "tanh({0})",
    "arcsinh": "asinh({0})",
    "arctanh": "atanh({0})",
    "arccosh": "acosh({0})",
    "deg2rad": "{0} * np_radians({0})",
    "radians": "{0} * np_radians({0})",
    "rad2deg": "{0} * np_degrees({0})",
    "degrees": "{0} * np_degrees({0})",
    # Rounding: integers are whole already
    "floor": "np_floor({0})",
    "ceil": "np_ceil({0})",
    "rint": "np_rint({0})",
    "trunc": "np_trunc({0})",
    # Comparison and logic
    "equal": "np_equal({0}, {1})",
    "not_equal": "!np_equal({0}, {1})",
    "less": "np_less({0}, {1})",
    "less_equal": "np_less_equal({0}, {1})",
    "greater": "np_less({1}, {0})",
    "greater_equal": "np_less_equal({1}, {0})",
    "logical_and": "({0} != 0) && ({1} != 0)",
    "logical_or": "({0} != 0) || ({1} != 0)",
    "logical_xor": "({0} != 0) != ({1} != 0)",
    "logical_not": "!({0} != 0)",
    "bitwise_and": "{0} & {1}",
    "bitwise_or": "{0} | {1}",
    "bitwise_xor": "{0} ^ {1}",
    "invert": "np_invert({0})",
    "left_shift": "np_left_shift({0}, {1})",
    "right_shift": "np_right_shift({0}, {1})",
    "isfinite": "np_isfinite({0})",
    "isinf": "np_isinf({0})",
    "isnan": "({0} != {0})",
    "signbit": "np_signbit({0})",
    # No ufuncs
    "where": "{0} ? {1} : {2}",
    "cast": "{0}",
}

PRELUDE = r"""
template <class T> __device__ T np_maximum(T a, T b) { return a >= b || a != a ? a : b; }
template <class T> __device__ T np_minimum(T a, T b) { return a <= b || a != a ? a : b; }
// Whatever is a number goes before what is none.
template <class T> __device__ T np_fmax(T a, T b) { return a >= b || b != b ? a : b; }
template <class T> __device__ T np_fmin(T a, T b) { return a <= b || b != b ? a : b; }
template <class T> __device__ T np_heaviside(T a, T b) { return a != a ? a : a == 0 ? b : (T)(a > 0); }
template <class T> __device__ T np_radians(T) { return (T)(3.14159265358979323846 / 180); }
template <class T> __device__ T np_degrees(T) { return (T)(180 / 3.14159265358979323846); }
template <class T> __device__ T np_absolute(T a) { return a < 0 ? -a : a; }
__device__ inline float np_absolute(float a) { return fabsf(a); }
__device__ inline double np_absolute(double a) { return fabs(a); }
template <class T> __device__ T np_reciprocal(T a) { return a == 0 ? (T)0 : (T)(1 / a); }
__device__ inline float np_reciprocal(float a) { return 1.0f / a; }
__device__ inline double np_reciprocal(double a) { return 1.0 / a; }
template <class T> __device__ T np_sign(T a) { return a != a ? a : (T)((a > 0) - (a < 0)); }

template <class T> __device__ T np_power(T base, T exponent) {
    if (exponent < 0) return base == 1 ? (T)1 : base == (T)-1 ? (exponent % 2 == 0 ? (T)1 : (T)-1) : (T)0;
    T result = 1;
    for (; exponent > 0; exponent >>= 1, base *= base) {
        if (exponent & 1) result *= base;
    }
    return result;
}
__device__ inline float np_power(float a, float b) { return powf(a, b); }
__device__ inline double np_power(double a, double b) { return pow(a, b); }

template <class T> __device__ T np_floor_divide(T a, T b) {
    if (b == 0) return 0;
    if (b == (T)-1 && b < 0) return (T)(0 - a);
    T quotient = a / b;
    return (T)(a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient);
}
template <class T> __device__ T np_remainder(T a, T b) {
    if (b == 0 || (b == (T)-1 && b < 0)) return 0;
    T rest = a % b;
    return (T)(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
}
template <class T> __device__ T np_fmod(T a, T b) { return b == 0 || (b == (T)-1 && b < 0) ? (T)0 : (T)(a % b); }
__device__ inline float np_fmod(float a, float b) { return fmodf(a, b); }
__device__ inline double np_fmod(double a, double b) { return fmod(a, b); }
// Python's rule: the remainder has the sign of the divisor.
template <class T> __device__ T np_float_remainder(T a, T b) {
    T rest = fmod(a, b);
    if (b == 0) return rest;
    if (rest == 0) return copysign((T)0, b);
    return (b < 0) != (rest < 0) ? rest + b : rest;
}
template <class T> __device__ T np_float_floor_divide(T a, T b) {
    if (b == 0) return a / b;
    T rest = fmod(a, b);
    T quotient = (a - rest) / b;
    if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
    if (quotient == 0) return copysign((T)0, a / b);
    T whole = floor(quotient);
    return quotient - whole > (T)0.5 ? whole + 1 : whole;
}
__device__ inline float np_remainder(float a, float b) { return np_float_remainder(a, b); }
__device__ inline double np_remainder(double a, double b) { return np_float_remainder(a, b); }
__device__ inline float np_floor_divide(float a, float b) { return np_float_floor_divide(a, b); }
__device__ inline double np_floor_divide(double a, double b) { return np_float_floor_divide(a, b); }

template <class T> __device__ T np_logaddexp(T a, T b) {
    if (a == b) return a + (T)0.693147180559945309417232121458176568;
    T difference = a - b;
    if (difference > 0) return a + log1p(exp(-difference));
    if (difference <= 0) return b + log1p(exp(difference));
    return difference;
}

template <class T> __device__ T np_logaddexp2(T a, T b) {
    if (a == b) return a + 1;
    T difference = a - b;
    if (difference > 0) return a + (T)1.44269504088896340736 * log1p(exp2(-difference));
    if (difference <= 0) return b + (T)1.44269504088896340736 * log1p(exp2(difference));
    return difference;
}

template <class T> __device__ T np_floor(T a) { return a; }
template <class T> __device__ T np_ceil(T a) { return a; }
template <class T> __device__ T np_rint(T a) { return a; }
template <class T> __device__ T np_trunc(T a) { return a; }
__device__ inline float np_floor(float a) { return floorf(a); }
__device__ inline float np_ceil(float a) { return ceilf(a); }
__device__ inline float np_rint(float a) { return rintf(a); }
__device__ inline float np_trunc(float a) { return truncf(a); }
__device__ inline double np_floor(double a) { return floor(a); }
__device__ inline double np_ceil(double a) { return ceil(a); }
__device__ inline double np_rint(double a) { return rint(a); }
__device__ inline double np_trunc(double a) { return trunc(a); }

// Signed and unsigned integers are compared as the numbers they are, not as C converts them.
template <class T> __device__ bool np_equal(T a, T b) { return a == b; }
template <class T> __device__ bool np_less(T a, T b) { return a < b; }
template <class T> __device__ bool np_less_equal(T a, T b) { return a <= b; }
__device__ inline bool np_equal(long long a, unsigned long long b) { return a >= 0 && (unsigned long long)a == b; }
__device__ inline bool np_equal(unsigned long long a, long long b) { return b >= 0 && a == (unsigned long long)b; }
__device__ inline bool np_less(long long a, unsigned long long b) { return a < 0 || (unsigned long long)a < b; }
__device__ inline bool np_less(unsigned long long a, long long b) { return b >= 0 && a < (unsigned long long)b; }
__device__ inline bool np_less_equal(long long a, unsigned long long b) { return a < 0 || (unsigned long long)a <= b; }
__device__ inline bool np_less_equal(unsigned long long a, long long b) { return b >= 0 && a <= (unsigned long long)b; }

// The order of sorting: NaN stands last.
template <class A, class B> __device__ bool np_before(A a, B b) { return a < b || (b != b && a == a); }

template <class T> __device__ T np_invert(T a) { return (T)~a; }
__device__ inline bool np_invert(bool a) { return !a; }
// A shift by the width or more leaves nothing, or the sign; in C it is undefined.
template <class T> __device__ T np_left_shift(T a, T b) {
    return b >= 0 && b < (T)(8 * sizeof(T)) ? (T)((unsigned long long)a << b) : (T)0;
}
template <class T> __device__ T np_right_shift(T a, T b) {
    return b >= 0 && b < (T)(8 * sizeof(T)) ? (T)(a >> b) : a < 0 ? (T)-1 : (T)0;
}

template <class T> __device__ bool np_isfinite(T a) { return a - a == 0; }
template <class T> __device__ bool np_isinf(T a) { return a == a && a - a != 0; }
template <class T> __device__ bool np_signbit(T a) { return a < 0; }
__device__ inline bool np_signbit(float a) { return copysignf(1.0f, a) < 0; }
__device__ inline bool np_signbit(double a) { return copysign(1.0, a) < 0; }
"""


def is_elements(node: Value) -> bool:
    """Whether an operation is in the table, for these dtypes."""
    return node.operation.name in EXPRESSIONS and has_type(node.dtype, *(value.dtype for value in node.inputs))


def expression(node: Value, operands: Sequence[str]) -> str:
    """What computes an element of the node from elements of its operands."""
    dtypes = [value.dtype for value in node.inputs]
    if node.operation.name == "cast":
        return cast(operands[0], dtypes[0], node.dtype)
    if node.operation.name == "where":
        wanted = [np.dtype(bool), node.dtype, node.dtype]
    elif node.operation.ufunc is not None:
        wanted = list(node.operation.ufunc.resolve_dtypes((*dtypes, None)))[: len(dtypes)]
    else:
        wanted = dtypes
    given = [cast(text, dtype, want) for text, dtype, want in zip(operands, dtypes, wanted, strict=True)]
    return EXPRESSIONS[node.operation.name].format(*given)
