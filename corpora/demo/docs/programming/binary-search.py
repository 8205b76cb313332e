"""Binary search in a sorted list.

Look at the middle element. If it is too small, the target can only be in the right half; if it is
too large, only in the left half. Every step halves what is left, so a million elements take about
twenty steps. The list must already be sorted.

In real programs use the standard module ``bisect``.
"""

from collections.abc import Sequence


def binary_search(values: Sequence[int], target: int) -> int:
    """Return a position of ``target`` in ``values``, or -1 when it is absent."""
    low, high = 0, len(values) - 1
    while low <= high:
        middle = (low + high) // 2
        if values[middle] == target:
            return middle
        if values[middle] < target:
            low = middle + 1
        else:
            high = middle - 1
    return -1


if __name__ == "__main__":
    primes = [2, 3, 5, 7, 11, 13, 17]
    assert binary_search(primes, 11) == 4
    assert binary_search(primes, 12) == -1
