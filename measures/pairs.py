"""Measures of judged pairs: how well probabilities separate, agree with and name the truth."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def auc(scores: Floats, is_positive: npt.NDArray[np.bool_]) -> float:
    """Chance that a positive pair scores above a negative one, ties counting half; NaN where a class is empty.

    Source: Mann and Whitney 1947, U over the number of pairs.
    """
    num_positive = int(is_positive.sum())
    num_negative = len(is_positive) - num_positive
    if num_positive == 0 or num_negative == 0:
        return float("nan")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(ties) - (ties - 1) / 2
    won = mean_ranks[place][is_positive].sum() - num_positive * (num_positive + 1) / 2
    return float(won / (num_positive * num_negative))


def calibration_error(probabilities: Floats, is_true: npt.NDArray[np.bool_], *, bins: int = 15) -> float:
    """Expected calibration error over equal-width bins, 0 to 1; NaN without pairs.

    Source: Naeini, Cooper and Hauskrecht 2015, ECE.
    """
    if len(probabilities) == 0:
        return float("nan")
    bin_of = np.clip((probabilities * bins).astype(np.int64), 0, bins - 1)
    gaps = np.bincount(bin_of, weights=probabilities - is_true, minlength=bins)
    return float(np.abs(gaps).sum() / len(probabilities))


def class_f1(truth: npt.NDArray[np.int64], guess: npt.NDArray[np.int64], *, num_classes: int) -> Floats:
    """F1 of each class `[num_classes]`; 0 for a class that is neither true nor guessed anywhere."""
    both = np.bincount(truth[truth == guess], minlength=num_classes)
    either = np.bincount(truth, minlength=num_classes) + np.bincount(guess, minlength=num_classes)
    return 2.0 * both / np.maximum(either, 1)


def macro_f1(truth: npt.NDArray[np.int64], guess: npt.NDArray[np.int64], *, num_classes: int) -> float:
    """Mean F1 over the classes, each counting alike, 0 to 1."""
    return float(class_f1(truth, guess, num_classes=num_classes).mean())


def brier(probabilities: Floats, truth: npt.NDArray[np.int64]) -> float:
    """Mean squared distance between probabilities `[n, num_classes]` and the truth as one-hot rows, 0 to 2.

    Source: Brier 1950.
    """
    wanted = np.eye(probabilities.shape[1])[truth]
    return float(((probabilities - wanted) ** 2).sum(axis=1).mean())
