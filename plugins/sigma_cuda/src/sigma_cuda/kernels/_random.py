"""Random numbers: those of NumPy's Philox, bit for bit, from a key on the device.

Philox4x64 with ten rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). NumPy counts before it
draws, so that block b of four numbers is that of counter b + 1.
"""

from sigma_core.extend import Value, Writer
from sigma_cuda.kernels._text import Parameter
from sigma_cuda.kernels._unit import launch

PHILOX = """\
unsigned long long c0 = {block} + 1ULL, c1 = key[1], c2 = 0, c3 = 0;
unsigned long long k0 = key[0], k1 = {stream}ULL;
for (int turn = 0; turn < 10; ++turn) {{
    const unsigned long long h0 = __umul64hi(0xD2E7470EE14C6C93ULL, c0), l0 = 0xD2E7470EE14C6C93ULL * c0;
    const unsigned long long h1 = __umul64hi(0xCA5A826395121157ULL, c2), l1 = 0xCA5A826395121157ULL * c2;
    c0 = h1 ^ c1 ^ k0; c1 = l1; c2 = h0 ^ c3 ^ k1; c3 = l0;
    k0 += 0x9E3779B97F4A7C15ULL; k1 += 0xBB67AE8584CAA73BULL;
}}
const unsigned long long bits[4] = {{c0, c1, c2, c3}};
"""
# A number in [0, 1) from the upper 53 of 64 bits, or the upper 24 of 32, the lower half of 64 first.
NUMBERS = {
    8: "(double)(bits[n] >> 11) * (1.0 / 9007199254740992.0)",
    4: "(float)((unsigned int)(bits[n / 2] >> (n % 2 * 32)) >> 8) * (1.0f / 16777216.0f)",
}


def uniform(writer: Writer, node: Value) -> list[str]:
    """A thread for each block of Philox: four numbers of float64 or eight of float32."""
    (key,) = node.inputs
    each = 32 // node.dtype.itemsize
    body = [
        *PHILOX.format(block="(unsigned long long)i", stream=node.attributes["stream"]).splitlines(),
        f"for (int n = 0; n < {each} && i * {each} + n < {node.size}; ++n) {{",
        f"    y[i * {each} + n] = {NUMBERS[node.dtype.itemsize]};",
        "}",
    ]
    arrays = [
        (writer.array(key), Parameter("key", key.dtype)),
        (writer.array(node), Parameter("y", node.dtype, written=True)),
    ]
    return launch(writer, "random_uniform", -(-node.size // each), arrays, body)
