"""Metrics written a second time, on the rows of a table: the oracle of avdf.evaluation.metrics."""

import numpy as np
from sklearn.isotonic import IsotonicRegression


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
        "act_dcf": _act_dcf(fake, value) if both else np.nan,
        "cllr": _cllr(fake, _llr(value)) if both else np.nan,
        "min_cllr": _min_cllr(fake, value) if both else np.nan,
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


def _llr(value):
    """For fake; a score in [0, 1] is a probability at equal shares."""
    if value.min() < 0 or value.max() > 1:
        return value
    with np.errstate(divide="ignore"):
        return np.log(value) - np.log(1 - value)


def _act_dcf(fake, value):
    """In the terms of ASVspoof 5: accepted as bona fide at a ratio for bona fide of -log(beta) or more."""
    ratio, beta = -_llr(value), 1 * (1 - 0.05) / (10 * 0.05)
    p_miss = np.mean(ratio[~fake] < -np.log(beta))
    p_fa = np.mean(ratio[fake] >= -np.log(beta))
    return (1 * (1 - 0.05) * p_miss + 10 * 0.05 * p_fa) / min(1 * (1 - 0.05), 10 * 0.05)


def _cllr(fake, llr):
    of_fakes, of_reals = np.log2(1 + np.exp(-llr[fake])), np.log2(1 + np.exp(llr[~fake]))
    cost = 0.5 * (of_fakes.mean() + of_reals.mean())
    return cost if np.isfinite(cost) else np.nan


def _min_cllr(fake, value):
    """Isotonic regression of scikit-learn on the rows, then Cllr of what it gives."""
    weights = np.where(fake, 1 / fake.sum(), 1 / (~fake).sum())
    share = IsotonicRegression(y_min=0, y_max=1).fit_transform(value, fake, sample_weight=weights)
    with np.errstate(divide="ignore"):
        return _cllr(fake, np.log(share) - np.log(1 - share))


def _f_beta(tpr, fpr, share, beta):
    if not share > 0.0:
        return np.nan
    hits = (1 + beta**2) * share * tpr
    return hits / (hits + beta**2 * share * (1 - tpr) + (1 - share) * (fpr if share < 1.0 else 0.0))
