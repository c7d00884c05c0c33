"""Metrics written a second time, on the rows of a table: the oracle of avdf.evaluation.metrics."""

import numpy as np


def plain_metrics(is_fake, score, threshold, *, beta: float = 2.0, prevalence: float = 0.5):
    """Every metric from (num_clips,) labels and scores, with loops and masks instead of counts."""
    fake, value = np.asarray(is_fake, dtype=bool), np.asarray(score, dtype=float)
    called = value >= threshold
    tp, fp = (called & fake).sum(), (called & ~fake).sum()
    fn, tn = (~called & fake).sum(), (~called & ~fake).sum()
    num_fake, num_real = tp + fn, fp + tn
    recall, fpr = _ratio(tp, num_fake), _ratio(fp, num_real)
    share = num_fake / len(fake)
    limits = [*np.unique(value), np.inf]
    fnrs = np.array([_ratio((value[fake] < limit).sum(), num_fake) for limit in limits])
    fprs = np.array([_ratio((value[~fake] >= limit).sum(), num_real) for limit in limits])
    both = bool(num_fake and num_real)
    metrics = {
        "fpr": fpr,
        "fnr": 1.0 - recall,
        "recall": recall,
        "precision": _ratio(tp, tp + fp),
        "accuracy": (tp + tn) / len(fake),
        "balanced_accuracy": (recall + 1.0 - fpr) / 2.0,
        "auc": _auc(value[fake], value[~fake]) if both else np.nan,
        "average_precision": _average_precision(fake, value),
        "eer": _eer(fprs, fnrs) if both else np.nan,
        "min_dcf": _min_dcf(fprs, fnrs, 10.0) if both else np.nan,
        "min_dcf_equal_costs": _min_dcf(fprs, fnrs, 1.0) if both else np.nan,
        "brier": np.mean((value - fake) ** 2),
    }
    for name, weight in {"f2": 2.0, "f_beta": beta}.items():
        if name == "f2" or beta != 2.0:
            metrics[name] = _f_beta(recall, fpr, share, weight)
            metrics[f"{name}_at_prevalence"] = _f_beta(recall, fpr, prevalence, weight)
            metrics[f"{name}_all_fake"] = _f_beta(1.0, 1.0, share, weight)
    return metrics


def _ratio(part, whole):
    return part / whole if whole else np.nan


def _auc(fakes, reals):
    return np.mean([(fake > reals).mean() + 0.5 * (fake == reals).mean() for fake in fakes])


def _average_precision(fake, value):
    precisions = [fake[value >= limit].mean() for limit in value[fake]]
    return np.mean(precisions) if precisions else np.nan


def _eer(fprs, fnrs):
    after = int(np.argmax(fnrs >= fprs))
    gap_before, gap_after = fprs[after - 1] - fnrs[after - 1], fnrs[after] - fprs[after]
    weight = gap_before / (gap_before + gap_after)
    return fnrs[after - 1] + weight * (fnrs[after] - fnrs[after - 1])


def _min_dcf(fprs, fnrs, cost_fn):
    costs = [0.05 * cost_fn * fnr + 0.95 * fpr for fpr, fnr in zip(fprs, fnrs, strict=True)]
    return min(costs) / min(0.05 * cost_fn, 0.95)


def _f_beta(tpr, fpr, share, beta):
    if not share > 0.0:
        return np.nan
    hits = (1 + beta**2) * share * tpr
    return hits / (hits + beta**2 * share * (1 - tpr) + (1 - share) * (fpr if share < 1.0 else 0.0))
