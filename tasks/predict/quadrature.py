"""Numbers without a closed form: expectations under Beta distributions, and 2F1 with a first parameter of 1."""

from __future__ import annotations

import numpy as np

from tasks.predict.grouped import Floats

_NODES = 48
_MOST_STEPS = 1000
_DIGITS = 1e-15


def beta_nodes(a: float, b: Floats, count: int = _NODES) -> tuple[Floats, Floats]:
    """Nodes in (0, 1) and weights, a row for each Beta(a, b): E f(p) = sum(weights * f(nodes)).

    Golub and Welsch (1969): eigenvalues of the Jacobi matrix, weights from its eigenvectors, so that nothing overflows
    at large a or b. Exact for polynomials of degree 2 count - 1.

    >>> nodes, weights = beta_nodes(0.5, np.array([3.0]))
    >>> round(float((nodes * weights).sum()), 12) == round(0.5 / 3.5, 12)
    True
    """
    p, q = b[:, None] - 1, a - 1  # weight (1 - y)^p (1 + y)^q on (-1, 1)
    n = np.arange(count, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        diagonal = (q * q - p * p) / ((2 * n + p + q) * (2 * n + p + q + 2))
    diagonal[:, 0] = ((q - p) / (p + q + 2))[:, 0]
    m = n[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        square = (m + p) * (m + q) / ((2 * m + p + q) ** 2) * (4 * m * (m + p + q))
        square /= (2 * m + p + q + 1) * (2 * m + p + q - 1)
    first = 4 * (1 + p) * (1 + q) / ((2 + p + q) ** 2 * (3 + p + q))
    square[:, 0] = first[:, 0]
    matrix = np.zeros((len(b), count, count))
    at = np.arange(count)
    matrix[:, at, at] = diagonal
    matrix[:, at[1:], at[:-1]] = np.sqrt(square)
    values, vectors = np.linalg.eigh(matrix, UPLO="L")
    return np.clip((1 + values) / 2, np.finfo(float).tiny, 1.0), vectors[:, 0, :] ** 2


def hypergeometric(b: Floats, c: Floats, z: Floats) -> Floats:
    """2F1(1, b; c; z) for 0 < b < c and 0 <= z < 1, by Gauss's continued fraction (DLMF 15.7), from its end.

    Each step brings nearer by (1 - sqrt(1 - z)) / (1 + sqrt(1 - z)); the largest z sets how many there are. A thousand
    steps give ten digits up to 1 - z = 0.00013 and fewer beyond. scipy's 2F1 fails or loses digits there.

    >>> one = np.array([1.0])
    >>> hypergeometric(one, 2 * one, 0.5 * one).round(12) == (-np.log(0.5) / 0.5).round(12)
    array([ True])
    """
    root = np.sqrt(1 - z.max(initial=0.0))
    rate = max((1 - root) / (1 + root), 1e-3)
    steps = min(_MOST_STEPS, int(np.ceil(np.log(_DIGITS) / np.log(rate))) + 2)
    tail, below = np.ones(len(z)), c - 1
    for m in range(steps, 0, -1):
        n = m // 2
        factor = (b + n) * (below + n) if m % 2 else n * (below - b + n)
        tail = 1 - factor / ((below + m - 1) * (below + m)) * z / tail
    return 1 / tail
