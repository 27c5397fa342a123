#!/usr/bin/env python3
"""Prints the polynomials of kernels/math: Chebyshev interpolation in 60 digits, highest power first.

    tools/coefficients.py [NAME...]

Each row: name, function of the reduced argument, interval, terms for float32, terms for float64 (0: not used)."""
import sys

import mpmath as mp

mp.mp.dps = 60


def series(function, small):
    """The function, or its value near a removable singularity at 0."""
    return lambda z: function(z) if abs(z) > small else function(mp.mpf(small))


def small(function):
    return series(function, mp.mpf(10) ** -18)


def root(z):
    return mp.sqrt(z)


ROWS = {
    "exp": (small(lambda r: (mp.expm1(r) - r) / r**2), (-0.3475, 0.3475), 5, 11),
    "log": (small(lambda f: (mp.log1p(f) - f + f**2 / 2) / f**3), (-0.2930, 0.4143), 9, 0),
    "log_odd": (small(lambda z: (mp.atanh(root(z)) * 2 / root(z) - 2) / z), (0, 0.02945), 3, 8),
    "sin": (small(lambda z: (mp.sin(root(z)) / root(z) - 1) / z), (0, 0.6170), 4, 7),
    "cos": (small(lambda z: (mp.cos(root(z)) - 1 + z / 2) / z**2), (0, 0.6170), 3, 7),
    "atan": (small(lambda z: (mp.atan(root(z)) / root(z) - 1) / z), (0, 0.17160), 5, 13),
    "asin": (small(lambda z: (mp.asin(root(z)) / root(z) - 1) / z), (0, 0.25), 6, 16),
    "erf": (small(lambda z: mp.erf(root(z)) / root(z) - 1), (0, 1), 7, 14),
    # erfc(a) exp(a^2) for a = 2 / t - 2, 1 <= a <= 6 (4 in float32)
    "erfc": (lambda t: mp.erfc(2 / t - 2) * mp.exp((2 / t - 2)**2), (0.25, 0.6667), 8, 21),
    "lgamma_one": (small(lambda d: mp.loggamma(1 + d) / d), (-0.3, 0.5), 13, 26),
    "lgamma_two": (small(lambda d: mp.loggamma(2 + d) / d), (-0.5, 0.5), 9, 20),
    "stirling": (small(lambda z: (mp.loggamma(1 / root(z)) - (1 / root(z) - mp.mpf(1) / 2) * mp.log(1 / root(z)) + 1 / root(z)
                                  - mp.log(2 * mp.pi) / 2) / root(z)), (0.0001, 1 / 64), 3, 8),
}


def fit(name, bits):
    function, interval, terms32, terms64 = ROWS[name]
    terms = terms64 if bits == 64 else terms32
    if not terms:
        return None, None
    with mp.workdps(60):
        return mp.chebyfit(function, [mp.mpf(v) for v in interval], terms, error=True)


def literal(value, bits):
    text = mp.nstr(value, 17 if bits == 64 else 9, strip_zeros=True, min_fixed=-3, max_fixed=3)
    if "." not in text:
        text = text.replace("e", ".0e") if "e" in text else text + ".0"
    return text + ("lf" if bits == 64 else "f")


def horner(name, variable, bits, type_name="ARITH"):
    coefficients, _ = fit(name, bits)
    lines = [f"    EXACT {type_name} p = {literal(coefficients[0], bits)};"]
    lines += [f"    p = p * {variable} + {literal(c, bits) if c > 0 else '(' + literal(c, bits) + ')'};" for c in coefficients[1:]]
    return "\n".join(lines)


def main():
    for name in sys.argv[1:] or ROWS:
        for bits in (32, 64):
            coefficients, error = fit(name, bits)
            if coefficients:
                print(f"{name} float{bits}: {len(coefficients)} terms, error {mp.nstr(error, 3)}")
                print(" ", " ".join(literal(c, bits) for c in coefficients))


if __name__ == "__main__":
    main()
