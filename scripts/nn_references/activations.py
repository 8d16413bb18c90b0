"""Activations. No point lies at a kink: inputs have three decimals, and what lies at one is tested by hand."""
import torch
import torch.nn.functional as F
from frame import function, normal, numbers, uniform

CASES = {}
# Both sides of every kink of every function, and the tails.
POINTS = [-41.3, -7.25, -3.4, -2.1, -1.3, -0.62, -0.21, -0.013, 0.017, 0.33, 0.71, 1.4, 2.6, 3.7, 6.4, 25.1]


def activation(name, call, attributes=None):
    CASES[name] = function(lambda c: call(c.x), attributes, x=numbers(POINTS))


activation("relu", F.relu)
activation("relu6", F.relu6)
activation("leaky_relu", F.leaky_relu)
activation("leaky_relu_slope", lambda x: F.leaky_relu(x, 0.3), {"slope": 0.3})
activation("rrelu", lambda x: F.rrelu(x, 0.1, 0.4, training=False), {"lower": 0.1, "upper": 0.4})
activation("elu", F.elu)
activation("elu_alpha", lambda x: F.elu(x, 0.7), {"alpha": 0.7})
activation("selu", F.selu)
activation("celu", F.celu)
# PyTorch 1.13 rounds 1/alpha to f32 in the gradient: written out.
activation("celu_alpha", lambda x: torch.where(x > 0, x, 0.7 * torch.expm1(x / 0.7)), {"alpha": 0.7})
activation("gelu", F.gelu)
activation("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"))
activation("silu", F.silu)
activation("mish", F.mish)
activation("sigmoid", torch.sigmoid)
activation("tanh", torch.tanh)
# PyTorch 1.13 cannot differentiate hardsigmoid twice: written out.
activation("hardsigmoid", lambda x: F.relu6(x + 3) / 6)
activation("hardswish", F.hardswish)
activation("hardtanh", F.hardtanh)
activation("hardtanh_bounds", lambda x: F.hardtanh(x, -2.5, 0.5), {"low": -2.5, "high": 0.5})
activation("softplus", F.softplus)
activation("softplus_beta", lambda x: F.softplus(x, 2.5, 8.0), {"beta": 2.5, "threshold": 8.0})
activation("softshrink", F.softshrink)
activation("softshrink_bound", lambda x: F.softshrink(x, 1.1), {"bound": 1.1})
activation("hardshrink", F.hardshrink)
activation("hardshrink_bound", lambda x: F.hardshrink(x, 1.1), {"bound": 1.1})
activation("tanhshrink", F.tanhshrink)
activation("softsign", F.softsign)
activation("threshold", lambda x: F.threshold(x, 0.5, 20.0), {"threshold": 0.5, "value": 20.0})
activation("log_sigmoid", F.logsigmoid)

CASES["prelu_one"] = function(lambda c: F.prelu(c.x, c.weight), x=normal(2, 3, 4), weight=uniform(1))
CASES["prelu_channels"] = function(lambda c: F.prelu(c.x, c.weight), x=normal(2, 3, 4), weight=uniform(3))
CASES["glu"] = function(lambda c: F.glu(c.x), x=normal(3, 6))
CASES["glu_axis"] = function(lambda c: F.glu(c.x, 0), {"axis": 0}, x=normal(4, 3))
for axis in (-1, 0):
    suffix = "" if axis == -1 else "_axis"
    CASES["softmax" + suffix] = function(lambda c, axis=axis: F.softmax(c.x, axis), {"axis": axis}, x=normal(3, 4, scale=3))
    CASES["log_softmax" + suffix] = function(lambda c, axis=axis: F.log_softmax(c.x, axis), {"axis": axis},
                                             x=normal(3, 4, scale=3))
    CASES["softmin" + suffix] = function(lambda c, axis=axis: F.softmin(c.x, axis), {"axis": axis}, x=normal(3, 4, scale=3))
