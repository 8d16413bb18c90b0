"""Convolutional and pooling layers, at the layers' own options; the primitives have references of their own."""
from frame import module, normal
from torch import nn

CASES = {}


def layer(name, make, **inputs):
    CASES[name] = module(make, lambda m, c: m(c.x), **inputs)


layer("conv1d", lambda: nn.Conv1d(2, 3, 3), x=normal(2, 2, 6))
layer("conv1d_options", lambda: nn.Conv1d(4, 2, 3, stride=2, padding=2, dilation=2, groups=2, bias=False), x=normal(1, 4, 7))
layer("conv1d_same", lambda: nn.Conv1d(2, 2, 4, padding="same"), x=normal(2, 2, 5))
layer("conv2d", lambda: nn.Conv2d(2, 3, 3), x=normal(2, 2, 4, 5))
layer("conv2d_options", lambda: nn.Conv2d(4, 4, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2),
      x=normal(1, 4, 5, 4))
layer("conv2d_same", lambda: nn.Conv2d(2, 2, (4, 3), padding="same", dilation=(1, 2)), x=normal(1, 2, 5, 4))
layer("conv2d_one_item", lambda: nn.Conv2d(2, 3, 2), x=normal(2, 4, 3))
layer("conv_transpose2d", lambda: nn.ConvTranspose2d(2, 3, 3), x=normal(2, 2, 3, 2))
layer("conv_transpose2d_options",
      lambda: nn.ConvTranspose2d(4, 2, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2, dilation=(2, 1)),
      x=normal(1, 4, 3, 2))

layer("max_pool1d", lambda: nn.MaxPool1d(2), x=normal(2, 2, 7))
layer("max_pool2d", lambda: nn.MaxPool2d(2), x=normal(2, 2, 4, 5))
layer("max_pool2d_options", lambda: nn.MaxPool2d((3, 2), stride=2, padding=1, ceil_mode=True), x=normal(1, 2, 6, 5))
layer("avg_pool1d", lambda: nn.AvgPool1d(3, stride=2, padding=1), x=normal(2, 2, 7))
layer("avg_pool2d", lambda: nn.AvgPool2d(2), x=normal(2, 2, 4, 5))
layer("avg_pool2d_options", lambda: nn.AvgPool2d((3, 2), stride=2, padding=1, ceil_mode=True, count_include_pad=False),
      x=normal(1, 2, 6, 5))
layer("adaptive_avg_pool2d", lambda: nn.AdaptiveAvgPool2d((2, 3)), x=normal(2, 2, 5, 4))
layer("adaptive_max_pool2d", lambda: nn.AdaptiveMaxPool2d(2), x=normal(2, 2, 5, 3))
layer("global_avg_pool", lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), x=normal(2, 3, 2, 4))
layer("flatten", lambda: nn.Flatten(), x=normal(2, 3, 2, 2))
layer("upsample", lambda: nn.Upsample(scale_factor=2), x=normal(1, 2, 2, 3))
