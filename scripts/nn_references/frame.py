"""How a reference case is written, and what is stored of it.

An area's file holds a dictionary CASES, from a case's name to what `function` or `module` returns:

    CASES = {}
    CASES["gelu"] = function(lambda c: F.gelu(c.x), x=normal(2, 3))
    CASES["huber"] = function(lambda c: F.huber_loss(c.x, c.t, delta=0.7), {"delta": 0.7}, x=normal(5), t=normal(5))
    CASES["nll"] = function(lambda c: F.nll_loss(c.x, c.labels), x=normal(4, 3), labels=integers(4, below=3))
    CASES["linear"] = module(lambda: torch.nn.Linear(4, 3), lambda m, c: m(c.x), x=normal(2, 4))

The arguments by name are the inputs; f64 ones (`normal`, `uniform`, `numbers`) are differentiated by, whole numbers and truth values
(`integers`, `numbers`, `flags`) and what is `held_fixed` are data. `attributes`, a dictionary, is stored as it is, for the C++ side
to read. A module's parameters are filled with random numbers and are parts like the inputs, by their names in PyTorch, dots
included; its buffers are stored before and after the call. The call may return one tensor or several.

Of every case: let L = Σ cotangent·output over all outputs. Stored are outputs, cotangents, ∂L/∂part for every part (the gradient), a
direction for every part, and the derivative of the gradient along the direction (the HVP). Inputs, parameters, cotangents and
directions have three decimals, so that files stay small; results have all digits of f64. Everything is drawn from Python's
generator, seeded with the case's name: files depend on nothing but this folder and PyTorch's rounding.

Before it is stored, a gradient is held against central differences of L, and an HVP against those of the gradient, to 1e-6 of scale:
PyTorch is not believed blindly. A case at a kink says `smooth=False` and is exempt.
"""
import json
import math
import random
import types
import warnings

import torch

warnings.filterwarnings("ignore")
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


class Draw:
    """What an input is drawn from; called with a random.Random."""

    def __init__(self, shape, draw, dtype=torch.float64):
        self.shape, self.draw, self.dtype = shape, draw, dtype
        self.is_part = dtype == torch.float64

    def __call__(self, rng):
        count = math.prod(self.shape)
        return torch.tensor([self.draw(rng) for _ in range(count)], dtype=self.dtype).reshape(self.shape)


def normal(*shape, scale=1.0):
    return Draw(shape, lambda rng: round(rng.gauss(0.0, scale), 3))


def uniform(*shape, low=0.0, high=1.0):
    return Draw(shape, lambda rng: round(rng.uniform(low, high), 3))


def integers(*shape, below):
    return Draw(shape, lambda rng: rng.randrange(below), torch.int64)


def flags(*shape, chance=0.5):
    return Draw(shape, lambda rng: rng.random() < chance, torch.bool)


def numbers(values):
    """Exactly these, of any type and shape."""
    tensor = torch.tensor(values)
    return Draw(tuple(tensor.shape), lambda rng: 0, tensor.dtype) if tensor.numel() == 0 else Fixed(tensor)


class Fixed(Draw):
    def __init__(self, tensor):
        super().__init__(tuple(tensor.shape), None, tensor.dtype)
        self.tensor = tensor

    def __call__(self, rng):
        return self.tensor.clone()


def held_fixed(draw):
    """Data, although it is f64."""
    draw.is_part = False
    return draw


def function(call, attributes=None, smooth=True, **inputs):
    return lambda name: evaluate(name, None, lambda _, c: call(c), attributes or {}, smooth, inputs)


def module(make, call, attributes=None, smooth=True, scale=0.5, **inputs):
    """`scale`: of the random parameters. Buffers with "var" in their name are drawn between 0.5 and 2."""
    return lambda name: evaluate(name, make, call, attributes or {}, smooth, inputs, scale)


def listed(result):
    """Outputs as a flat list."""
    if isinstance(result, torch.Tensor):
        return [result]
    return [tensor for each in result if each is not None for tensor in listed(each)]


def evaluate(name, make, call, attributes, smooth, inputs, scale=0.5):
    rng = random.Random(name)
    torch.manual_seed(0)
    drawn = {key: draw(rng) for key, draw in inputs.items()}
    parts = {key: value.requires_grad_() for key, value in drawn.items() if inputs[key].is_part}
    data = {key: value for key, value in drawn.items() if not inputs[key].is_part}
    net = None
    buffers = {}
    if make is not None:
        net = make().double().train()
        for key, parameter in net.named_parameters():
            parameter.data = normal(*parameter.shape, scale=scale)(rng)
            parts[key] = parameter
        for key, buffer in net.named_buffers():
            if buffer.dtype == torch.float64:
                buffer.copy_((uniform(*buffer.shape, low=0.5, high=2.0) if "var" in key else normal(*buffer.shape))(rng))
        buffers = {key: buffer.clone() for key, buffer in net.named_buffers()}

    def forward():
        if net is not None:
            for key, buffer in net.named_buffers():
                buffer.data.copy_(buffers[key])
        return listed(call(net, types.SimpleNamespace(**drawn)))

    outputs = forward()
    after = {key: buffer.clone() for key, buffer in net.named_buffers()} if net is not None else {}
    cotangents = [normal(*output.shape)(rng) for output in outputs]
    variables = list(parts.values())
    directions = [normal(*variable.shape)(rng) for variable in variables]

    def contracted():
        return sum((c * output).sum() for c, output in zip(cotangents, forward()))

    def gradient(create_graph=False):
        value = contracted()
        if not value.requires_grad:
            return [torch.zeros_like(v) for v in variables]
        found = torch.autograd.grad(value, variables, create_graph=create_graph, allow_unused=True)
        return [torch.zeros_like(v) if g is None else g for v, g in zip(variables, found)]

    recorded = gradient(create_graph=True)
    along = sum((g * d).sum() for g, d in zip(recorded, directions))
    if isinstance(along, torch.Tensor) and along.requires_grad:
        found = torch.autograd.grad(along, variables, allow_unused=True)
        hvp = [torch.zeros_like(v) if h is None else torch.zeros_like(v) + h for v, h in zip(variables, found)]
    else:
        hvp = [torch.zeros_like(v) for v in variables]
    if smooth:
        hold_against_differences(name, variables, directions, contracted, gradient, recorded, hvp)

    result = {"parts": {key: stored(value) for key, value in parts.items()}}
    if data:
        result["data"] = {key: stored(value) for key, value in data.items()}
    if attributes:
        result["attributes"] = attributes
    if buffers:
        result["buffers"] = {key: stored(value) for key, value in buffers.items()}
        result["buffers_after"] = {key: stored(value) for key, value in after.items()}
    result["outputs"] = [stored(value) for value in outputs]
    result["cotangents"] = [stored(value) for value in cotangents]
    result["gradient"] = {key: stored(value) for key, value in zip(parts, recorded)}
    result["direction"] = {key: stored(value) for key, value in zip(parts, directions)}
    result["hvp"] = {key: stored(value) for key, value in zip(parts, hvp)}
    return result


def hold_against_differences(name, variables, directions, contracted, gradient, recorded, hvp, step=1e-5):
    points = [variable.detach().clone() for variable in variables]

    def move(t):
        for variable, point, direction in zip(variables, points, directions):
            variable.data.copy_(point + t * direction if t != 0 else point)

    values, gradients = [], []
    for t in (step, -step):
        move(t)
        values.append(contracted().item())
        gradients.append([g.detach().clone() for g in gradient()])
    move(0)
    slope = sum((g * d).sum() for g, d in zip(recorded, directions)).item()
    found = (values[0] - values[1]) / (2 * step)
    scale = sum((g * d).abs().sum() for g, d in zip(recorded, directions)).item()
    assert abs(slope - found) <= 1e-6 * max(1.0, scale), f"{name}: gradient {slope}, by differences {found}"
    for h, up, down in zip(hvp, *gradients):
        found = (up - down) / (2 * step)
        scale = max(1.0, found.abs().max().item() if found.numel() else 0.0)
        assert torch.allclose(h, found, rtol=0, atol=1e-6 * scale), f"{name}: HVP {h}, by differences {found}"


def stored(tensor):
    tensor = tensor.detach()
    kinds = {torch.float64: "f64", torch.int64: "i64", torch.bool: "bool"}
    values = tensor.reshape(-1).tolist()
    if tensor.dtype == torch.float64:
        values = [x if math.isfinite(x) else str(x) for x in values]
    return {"type": kinds[tensor.dtype], "shape": list(tensor.shape), "values": values}


def area_text(cases):
    """One line a case: `git diff` then says which changed."""
    lines = [f'{json.dumps(name)}: {json.dumps(make(name), separators=(",", ":"))}' for name, make in cases.items()]
    head = f'"written by": "scripts/make_nn_references.py", "torch": {json.dumps(torch.__version__)}'
    return "{" + head + ', "cases": {\n' + ",\n".join(lines) + "\n}}\n"
