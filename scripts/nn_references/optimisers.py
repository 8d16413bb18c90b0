"""Optimisers and schedules. A case of an optimiser has the parts p (where it starts) and g (a gradient for each step, one a row), and
one output, the parameter after each step; a schedule has one output, the rates. Options are attributes, by PyTorch's names."""
import random

import torch
from frame import normal, stored

STEPS = 20
CASES = {}


def result(parts, output, attributes):
    return {"parts": {key: stored(value) for key, value in parts.items()}, "attributes": attributes,
            "outputs": [stored(output)], "cotangents": []}


def optimiser(kind, **options):
    def evaluate(name):
        rng = random.Random(name)
        start, gradients = normal(3)(rng), normal(STEPS, 3)(rng)
        p = torch.nn.Parameter(start.clone())
        steps = kind([p], **options)
        after = []
        for g in gradients:
            p.grad = g.clone()
            steps.step()
            after.append(p.detach().clone())
        attributes = {key: value for key, value in options.items() if key != "betas"}
        if "betas" in options:
            attributes["beta1"], attributes["beta2"] = options["betas"]
        return result({"p": start, "g": gradients}, torch.stack(after), attributes)
    return evaluate


def schedule(make, count, values=None):
    """`values`: what a plateau is shown, one an epoch; the rates are those after it."""
    def evaluate(name):
        steps = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        rates = []
        scheduler = make(steps)
        for t in range(count):
            if values is None:
                rates.append(steps.param_groups[0]["lr"])
                steps.step()
                scheduler.step()
            else:
                scheduler.step(values[t])
                rates.append(steps.param_groups[0]["lr"])
        parts = {} if values is None else {"values": torch.tensor(values)}
        return result(parts, torch.tensor(rates), {})
    return evaluate


def lbfgs(name):
    """The points of 10 iterations, one a row, of Σ cosh(xₖ - k/2) + ¼ (Σ xₖ)²."""
    start = torch.tensor([1.0, -0.5, 0.25, 2.0])
    x = torch.nn.Parameter(start.clone())
    points = []
    for count in range(1, 11):
        x.data.copy_(start)
        steps = torch.optim.LBFGS([x], lr=0.7, max_iter=count, max_eval=1000, history_size=3, tolerance_grad=0, tolerance_change=0)

        def closure():
            steps.zero_grad()
            loss = torch.cosh(x - torch.arange(4) / 2).sum() + x.sum() ** 2 / 4
            loss.backward()
            return loss
        steps.step(closure)
        points.append(x.detach().clone())
    return result({"x": start}, torch.stack(points), {})


O = torch.optim
CASES["sgd"] = optimiser(O.SGD, lr=0.1)
CASES["sgd_momentum"] = optimiser(O.SGD, lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.02)
CASES["sgd_nesterov"] = optimiser(O.SGD, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.02)
CASES["sgd_maximise"] = optimiser(O.SGD, lr=0.1, momentum=0.9, weight_decay=0.02, maximize=True)
CASES["adam"] = optimiser(O.Adam, lr=0.1)
CASES["adam_decay"] = optimiser(O.Adam, lr=0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1)
CASES["adam_amsgrad"] = optimiser(O.Adam, lr=0.05, betas=(0.8, 0.9), amsgrad=True)
CASES["adamw"] = optimiser(O.AdamW, lr=0.1)
CASES["adamw_amsgrad"] = optimiser(O.AdamW, lr=0.05, betas=(0.8, 0.9), eps=1e-4, weight_decay=0.2, amsgrad=True)
CASES["adamw_maximise"] = optimiser(O.AdamW, lr=0.05, maximize=True)
CASES["rmsprop"] = optimiser(O.RMSprop, lr=0.05)
CASES["rmsprop_all"] = optimiser(O.RMSprop, lr=0.05, alpha=0.9, eps=1e-4, weight_decay=0.1, momentum=0.8, centered=True)
CASES["rmsprop_centred"] = optimiser(O.RMSprop, lr=0.05, alpha=0.9, centered=True)
CASES["adagrad"] = optimiser(O.Adagrad, lr=0.1)
CASES["adagrad_all"] = optimiser(O.Adagrad, lr=0.1, lr_decay=0.1, weight_decay=0.05, initial_accumulator_value=0.2, eps=1e-4)

CASES["lbfgs"] = lbfgs

S = O.lr_scheduler
CASES["step_decay"] = schedule(lambda o: S.StepLR(o, 3, gamma=0.3), 12)
CASES["multi_step"] = schedule(lambda o: S.MultiStepLR(o, [2, 5, 5, 9], gamma=0.5), 12)
CASES["exponential"] = schedule(lambda o: S.ExponentialLR(o, 0.8), 12)
CASES["cosine"] = schedule(lambda o: S.CosineAnnealingLR(o, 10, eta_min=0.05), 11)
CASES["cosine_restarts"] = schedule(lambda o: S.CosineAnnealingWarmRestarts(o, 4, T_mult=2, eta_min=0.05), 30)
CASES["polynomial"] = schedule(lambda o: S.PolynomialLR(o, 8, power=2.0), 12)
CASES["warm_up"] = schedule(lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.2, total_iters=4), S.ExponentialLR(o, 0.9)], [4]), 12)
CASES["one_cycle"] = schedule(lambda o: S.OneCycleLR(o, 2.0, total_steps=20, cycle_momentum=False), 20)
CASES["one_cycle_linear"] = schedule(lambda o: S.OneCycleLR(o, 2.0, total_steps=20, pct_start=0.4, anneal_strategy="linear",
                                                            cycle_momentum=False, div_factor=10, final_div_factor=100), 20)
LOSSES = [1.0, 0.9, 0.95, 0.9, 0.91, 0.89999, 0.92, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.7, 0.71, 0.72, 0.73, 0.74, 0.75]
CASES["plateau"] = schedule(lambda o: S.ReduceLROnPlateau(o, factor=0.5, patience=2), 20, LOSSES)
CASES["plateau_cooldown"] = schedule(
    lambda o: S.ReduceLROnPlateau(o, factor=0.4, patience=1, cooldown=2, min_lr=0.1, threshold=0.05, threshold_mode="abs"), 20, LOSSES)
CASES["plateau_maximise"] = schedule(
    lambda o: S.ReduceLROnPlateau(o, mode="max", factor=0.5, patience=1), 20, [2.0 - x for x in LOSSES])
