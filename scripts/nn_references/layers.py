"""Normalisation, embedding, recurrent layers. Convolution and pooling: convolution.py."""
import torch
from frame import integers, module, normal, numbers
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

CASES = {}


# --- Normalisation


class RMSNorm(nn.Module):
    """PyTorch has it from 2.4 on."""

    def __init__(self, shape, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))
        self.epsilon = epsilon

    def forward(self, x):
        axes = tuple(range(-self.weight.dim(), 0))
        return x / torch.sqrt((x * x).mean(axes, keepdim=True) + self.epsilon) * self.weight


def layer(name, make, attributes=None, **inputs):
    CASES[name] = module(make, lambda m, c: m(c.x), attributes, **inputs)


layer("layer_norm", lambda: nn.LayerNorm(4), x=normal(2, 3, 4))
layer("layer_norm_two_axes", lambda: nn.LayerNorm((3, 4), eps=0.01), {"epsilon": 0.01}, x=normal(2, 3, 4))
layer("layer_norm_plain", lambda: nn.LayerNorm(4, elementwise_affine=False), x=normal(3, 4))
layer("rms_norm", lambda: RMSNorm((4,), torch.finfo(torch.float64).eps), x=normal(2, 3, 4))
layer("rms_norm_two_axes", lambda: RMSNorm((3, 4), 0.01), {"epsilon": 0.01}, x=normal(2, 3, 4))
layer("group_norm", lambda: nn.GroupNorm(2, 4), x=normal(2, 4, 3))
layer("group_norm_images", lambda: nn.GroupNorm(3, 3), x=normal(2, 3, 2, 2))
layer("group_norm_plain", lambda: nn.GroupNorm(1, 4, affine=False), x=normal(2, 4))
layer("instance_norm", lambda: nn.InstanceNorm2d(3), x=normal(2, 3, 2, 2))
layer("instance_norm_affine", lambda: nn.InstanceNorm1d(3, affine=True), x=normal(2, 3, 4))


def batch_norm(name, make, call, attributes=None, smooth=True, **inputs):
    CASES[name] = module(make, call, attributes, smooth, **inputs)


batch_norm("batch_norm_rows", lambda: nn.BatchNorm1d(3), lambda m, c: m(c.x), x=normal(5, 3))
batch_norm("batch_norm_sequences", lambda: nn.BatchNorm1d(3, affine=False), lambda m, c: m(c.x), x=normal(2, 3, 4))
batch_norm("batch_norm_images", lambda: nn.BatchNorm2d(3, eps=0.01, momentum=0.3), lambda m, c: m(c.x),
           {"epsilon": 0.01, "momentum": 0.3}, x=normal(2, 3, 2, 2))
batch_norm("batch_norm_evaluation", lambda: nn.BatchNorm2d(3), lambda m, c: m.eval()(c.x), x=normal(2, 3, 2, 2))
batch_norm("batch_norm_untracked", lambda: nn.BatchNorm1d(3, track_running_stats=False), lambda m, c: m.eval()(c.x),
           x=normal(5, 3))


# The evaluation at the end depends on the inputs by the running statistics, through which no derivative flows: differences
# would see it.
def three_steps(m, c):
    m.train()
    return [m(c.x), m(c.y), m(c.z), m.eval()(c.x)]


batch_norm("batch_norm_steps", lambda: nn.BatchNorm1d(2), three_steps, smooth=False,
           x=normal(4, 2), y=normal(3, 2), z=normal(5, 2))
batch_norm("batch_norm_average", lambda: nn.BatchNorm1d(2, momentum=None), three_steps, smooth=False, x=normal(4, 2),
           y=normal(3, 2), z=normal(5, 2))

# --- Embedding

CASES["embedding"] = module(lambda: nn.Embedding(5, 3), lambda m, c: torch.sin(m(c.index)), index=integers(2, 4, below=5))
# No derivative flows into the row of the padding: differences would see it.
CASES["embedding_padding"] = module(lambda: nn.Embedding(4, 3, padding_idx=1), lambda m, c: torch.sin(m(c.index)), smooth=False,
                                    index=numbers([[0, 1, 3], [1, 1, 2]]))

# --- Recurrent

STEPS, BATCH, INPUTS, HIDDEN = 4, 3, 2, 3


def sequence(name, make, attributes, **more):
    """Output and final state(s)."""
    batch_first = attributes.get("batch_first", False)
    shape = (BATCH, STEPS, INPUTS) if batch_first else (STEPS, BATCH, INPUTS)

    def call(m, c):
        if hasattr(c, "c"):
            return m(c.x, (c.h, c.c))
        return m(c.x, c.h) if hasattr(c, "h") else m(c.x)

    CASES[name] = module(make, call, attributes, x=normal(*shape), **more)


sequence("rnn", lambda: nn.RNN(INPUTS, HIDDEN), {})
sequence("rnn_relu", lambda: nn.RNN(INPUTS, HIDDEN, 2, nonlinearity="relu"), {"layers": 2}, h=normal(2, BATCH, HIDDEN))
sequence("lstm", lambda: nn.LSTM(INPUTS, HIDDEN), {})
sequence("lstm_state", lambda: nn.LSTM(INPUTS, HIDDEN), {}, h=normal(1, BATCH, HIDDEN), c=normal(1, BATCH, HIDDEN))
sequence("lstm_no_bias", lambda: nn.LSTM(INPUTS, HIDDEN, bias=False), {})
sequence("lstm_deep", lambda: nn.LSTM(INPUTS, HIDDEN, 2, batch_first=True, bidirectional=True),
         {"layers": 2, "batch_first": True, "bidirectional": True}, h=normal(4, BATCH, HIDDEN), c=normal(4, BATCH, HIDDEN))
sequence("gru", lambda: nn.GRU(INPUTS, HIDDEN), {}, h=normal(1, BATCH, HIDDEN))
sequence("gru_no_bias", lambda: nn.GRU(INPUTS, HIDDEN, bias=False), {})
sequence("gru_deep", lambda: nn.GRU(INPUTS, HIDDEN, 2, bidirectional=True), {"layers": 2, "bidirectional": True})
CASES["lstm_without_batch"] = module(lambda: nn.LSTM(INPUTS, HIDDEN, bidirectional=True),
                                     lambda m, c: m(c.x, (c.h, c.c)), {"bidirectional": True},
                                     x=normal(STEPS, INPUTS), h=normal(2, HIDDEN), c=normal(2, HIDDEN))


def packed(name, make, attributes, lengths):
    def call(m, c):
        state = (c.h, c.c) if hasattr(c, "c") else c.h
        sequences = pack_padded_sequence(c.x, c.lengths, enforce_sorted=False)
        y, last = m(sequences, state)
        return pad_packed_sequence(y, total_length=STEPS)[0], last

    count = attributes["layers"] * (2 if attributes["bidirectional"] else 1)
    state = {"h": normal(count, len(lengths), HIDDEN)}
    if name.startswith("lstm"):
        state["c"] = normal(count, len(lengths), HIDDEN)
    CASES[name] = module(make, call, attributes, x=normal(STEPS, len(lengths), INPUTS), lengths=numbers(lengths), **state)


DEEP = {"layers": 2, "bidirectional": True}
packed("rnn_lengths", lambda: nn.RNN(INPUTS, HIDDEN, bidirectional=True), {"layers": 1, "bidirectional": True}, [4, 1, 2])
packed("lstm_lengths", lambda: nn.LSTM(INPUTS, HIDDEN, 2, bidirectional=True), DEEP, [2, 3, 1])
packed("gru_lengths", lambda: nn.GRU(INPUTS, HIDDEN, 2, bidirectional=True), DEEP, [1, 4, 2])

CASES["rnn_cell"] = module(lambda: nn.RNNCell(INPUTS, HIDDEN), lambda m, c: m(c.x, c.h), x=normal(BATCH, INPUTS),
                           h=normal(BATCH, HIDDEN))
CASES["rnn_cell_relu"] = module(lambda: nn.RNNCell(INPUTS, HIDDEN, bias=False, nonlinearity="relu"), lambda m, c: m(c.x),
                                x=normal(BATCH, INPUTS))
CASES["lstm_cell"] = module(lambda: nn.LSTMCell(INPUTS, HIDDEN), lambda m, c: m(c.x, (c.h, c.c)), x=normal(BATCH, INPUTS),
                            h=normal(BATCH, HIDDEN), c=normal(BATCH, HIDDEN))
CASES["gru_cell"] = module(lambda: nn.GRUCell(INPUTS, HIDDEN), lambda m, c: m(c.x, c.h), x=normal(BATCH, INPUTS),
                           h=normal(BATCH, HIDDEN))
