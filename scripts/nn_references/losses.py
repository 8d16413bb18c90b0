"""Losses. Mean, sum and none where reduction does more than that; points away from kinks."""
import itertools

import torch
import torch.nn.functional as F
from frame import function, held_fixed, integers, normal, numbers, uniform

CASES = {}
REDUCTIONS = ("mean", "sum", "none")


def elementwise(name, call, attributes=None, reductions=REDUCTIONS, **inputs):
    for reduction in reductions:
        CASES[f"{name}_{reduction}"] = function(lambda c, r=reduction: call(c, r), {**(attributes or {}), "reduction": reduction},
                                                **inputs)


def two():
    return {"o": normal(3, 4), "t": normal(3, 4)}


elementwise("mean_squared_error", lambda c, r: F.mse_loss(c.o, c.t, reduction=r), **two())
elementwise("mean_absolute_error", lambda c, r: F.l1_loss(c.o, c.t, reduction=r), reductions=("mean",), **two())
elementwise("huber", lambda c, r: F.huber_loss(c.o, c.t, reduction=r, delta=0.8125), {"delta": 0.8125}, ("mean", "none"), **two())
elementwise("smooth_l1", lambda c, r: F.smooth_l1_loss(c.o, c.t, reduction=r, beta=0.8125), {"beta": 0.8125}, ("mean", "none"), **two())
elementwise("poisson_nll", lambda c, r: F.poisson_nll_loss(c.o, c.t, reduction=r), reductions=("mean",), o=normal(3, 4),
            t=uniform(3, 4, high=5))
elementwise("gaussian_nll", lambda c, r: F.gaussian_nll_loss(c.o, c.t, c.v, reduction=r), reductions=("mean", "none"),
            v=uniform(3, 4, low=0.2, high=3), **two())
# The lecture's ½ per output: not in PyTorch.
CASES["half_squared_error_mean"] = function(lambda c: (0.5 * (c.t - c.o) ** 2).sum(1).mean(), {"reduction": "mean"}, **two())
CASES["half_squared_error_none"] = function(lambda c: (0.5 * (c.t - c.o) ** 2).sum(1), {"reduction": "none"}, **two())


def probabilities():
    return {"p": uniform(3, 4, low=0.02, high=0.98), "t": uniform(3, 4)}


elementwise("binary_cross_entropy", lambda c, r: F.binary_cross_entropy(c.p, c.t, reduction=r), **probabilities())
CASES["binary_cross_entropy_weights"] = function(lambda c: F.binary_cross_entropy(c.p, c.t, weight=c.weights),
                                                 {"reduction": "mean"}, weights=held_fixed(uniform(4)), **probabilities())
elementwise("binary_cross_entropy_with_logits", lambda c, r: F.binary_cross_entropy_with_logits(c.z, c.t, reduction=r),
            z=normal(3, 4, scale=4), t=uniform(3, 4))
CASES["binary_cross_entropy_with_logits_weights"] = function(
    lambda c: F.binary_cross_entropy_with_logits(c.z, c.t, weight=c.weights, pos_weight=c.pos_weights),
    {"reduction": "mean"}, z=normal(3, 4, scale=4), t=uniform(3, 4), weights=held_fixed(uniform(3, 1)),
    pos_weights=held_fixed(uniform(4, low=0.5, high=3)))

SIGNS = [[1.0, -1.0, 1.0, -1.0], [-1.0, -1.0, 1.0, 1.0], [1.0, 1.0, 1.0, -1.0]]
SIX = [1.0, -1.0, -1.0, 1.0, 1.0, -1.0]
CASES["hinge"] = function(lambda c: F.relu(1.3 - c.t * c.o).mean(), {"margin": 1.3, "reduction": "mean"}, o=normal(3, 4),
                          t=held_fixed(numbers(SIGNS)))
CASES["soft_margin"] = function(lambda c: F.soft_margin_loss(c.o, c.t), {"reduction": "mean"}, o=normal(3, 4, scale=5),
                                t=held_fixed(numbers(SIGNS)))
CASES["hinge_embedding"] = function(lambda c: F.hinge_embedding_loss(c.o, torch.tensor(SIGNS), margin=0.7),
                                    {"margin": 0.7, "reduction": "mean"}, o=normal(3, 4))
CASES["margin_ranking"] = function(lambda c: F.margin_ranking_loss(c.a, c.b, c.t, margin=0.3), {"margin": 0.3, "reduction": "mean"},
                                   a=normal(3, 4), b=normal(3, 4), t=held_fixed(numbers(SIGNS)))
CASES["cosine_similarity"] = function(lambda c: F.cosine_similarity(c.a, c.b, 1, 0.0), a=normal(6, 3), b=normal(6, 3))
CASES["cosine_embedding"] = function(lambda c: F.cosine_embedding_loss(c.a, c.b, torch.tensor(SIX), margin=0.1),
                                     {"margin": 0.1, "reduction": "mean"}, a=normal(6, 3), b=normal(6, 3))
CASES["triplet_margin"] = function(lambda c: F.triplet_margin_loss(c.a, c.p, c.n, margin=1.5, eps=0.0),
                                   {"margin": 1.5, "reduction": "mean"}, a=normal(5, 3), p=normal(5, 3), n=normal(5, 3))

# Many classes: with and without weights, smoothing, ignored labels, more axes.
LABELS = [2, -100, 0, 1, 2, -100]
for weights, smoothing, ignored, reduction in itertools.product((False, True), (0.0, 0.2), (False, True), REDUCTIONS):
    if reduction == "sum" and not (weights and smoothing):
        continue
    name = "cross_entropy" + "_weights" * weights + "_smoothing" * bool(smoothing) + "_ignored" * ignored + "_" + reduction
    inputs = {"z": normal(6, 3, scale=2)}
    if weights:
        inputs["weights"] = held_fixed(numbers([0.5, 1.25, 2.0]))
    inputs["labels"] = numbers(LABELS) if ignored else integers(6, below=3)
    CASES[name] = function(
        lambda c, w=weights, s=smoothing, r=reduction: F.cross_entropy(
            c.z, c.labels, weight=c.weights if w else None, label_smoothing=s, reduction=r),
        {"smoothing": smoothing, "reduction": reduction}, **inputs)
CASES["cross_entropy_one"] = function(lambda c: F.cross_entropy(c.z, c.labels), {"reduction": "mean"}, z=normal(4),
                                      labels=integers(below=4))
CASES["cross_entropy_images"] = function(lambda c: F.cross_entropy(c.z, c.labels, weight=torch.tensor([0.5, 1.25, 2.0]), ignore_index=1),
                                         {"reduction": "mean", "ignore": 1}, z=normal(2, 3, 2, 2), labels=integers(2, 2, 2, below=3))
for weights, smoothing in itertools.product((False, True), (0.0, 0.2)):
    name = "cross_entropy_probabilities" + "_weights" * weights + "_smoothing" * bool(smoothing)
    CASES[name] = function(
        lambda c, w=weights, s=smoothing: F.cross_entropy(c.z, F.softmax(c.t, 1), label_smoothing=s,
                                                          weight=torch.tensor([0.5, 1.25, 2.0]) if w else None),
        {"smoothing": smoothing, "reduction": "mean", "weighted": weights}, z=normal(4, 3), t=normal(4, 3))
CASES["cross_entropy_probabilities_images"] = function(lambda c: F.cross_entropy(c.z, F.softmax(c.t, 1)), {"reduction": "mean"},
                                                       z=normal(2, 3, 2), t=normal(2, 3, 2))
CASES["nll_loss"] = function(lambda c: F.nll_loss(c.z, c.labels, weight=torch.tensor([0.5, 1.25, 2.0])), {"reduction": "mean"},
                             z=normal(6, 3), labels=numbers(LABELS))


def multi_margin(z, labels, power, margin, weights):
    """PyTorch 1.13 cannot differentiate its own twice: sample by sample; values are held against PyTorch's."""
    losses = [weights[y] * sum(F.relu(margin - row[y] + row[i]) ** power for i in range(len(row)) if i != y) / len(row)
              for row, y in zip(z, labels.tolist())]
    result = torch.stack(losses).mean()
    assert torch.allclose(result, F.multi_margin_loss(z, labels, p=power, margin=margin, weight=weights), rtol=1e-12)
    return result


for power in (1, 2):
    CASES[f"multi_margin_{power}"] = function(
        lambda c, p=power: multi_margin(c.z, c.labels, p, 0.8125, torch.tensor([0.5, 1.25, 2.0])),
        {"power": power, "margin": 0.8125, "reduction": "mean"}, z=normal(6, 3), labels=integers(6, below=3))

elementwise("kl_divergence", lambda c, r: F.kl_div(F.log_softmax(c.q, 1), F.softmax(c.p, 1),
                                                   reduction="batchmean" if r == "batch_mean" else r),
            reductions=("mean", "batch_mean", "none"), q=normal(3, 4), p=normal(3, 4))
CASES["kl_divergence_log_targets"] = function(lambda c: F.kl_div(c.q, c.p, log_target=True, reduction="sum"),
                                              {"reduction": "sum"}, q=normal(3, 4), p=normal(3, 4))


def ctc(log_p, targets, steps, lengths, reduction):
    """Every way through the time steps, one by one: PyTorch's own gradient assumes a log_softmax before it, and has no second one.
    Values are held against PyTorch's."""
    losses = []
    for n, (count, length) in enumerate(zip(steps.tolist(), lengths.tolist())):
        target = targets[n, :length].tolist()
        ways = [way for way in itertools.product(range(log_p.shape[2]), repeat=count)
                if [k for k, _ in itertools.groupby(way) if k != 0] == target]
        losses.append(-torch.logsumexp(torch.stack([sum(log_p[t, n, k] for t, k in enumerate(way)) for way in ways]), 0))
    losses = torch.stack(losses)
    result = (losses / lengths.clamp(min=1)).mean() if reduction == "mean" else losses
    theirs = F.ctc_loss(log_p, targets, steps, lengths, reduction=reduction)
    assert torch.allclose(result, theirs, rtol=1e-12), (result, theirs)
    return result


for reduction in ("mean", "none"):
    CASES[f"ctc_{reduction}"] = function(lambda c, r=reduction: ctc(c.x, c.targets, c.steps, c.lengths, r), {"reduction": reduction},
                                         x=normal(5, 4, 3), targets=numbers([[1, 2], [1, 1], [2, 0], [0, 0]]),
                                         steps=numbers([5, 4, 3, 5]), lengths=numbers([2, 2, 1, 0]))
