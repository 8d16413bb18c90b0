// ---- windows: convolutions and pools, over the last two axes of [N, C, H, W].

/// Calls visit(place in x, place in w, place in g) for each product of the trilinear form of
/// autodiff/ops/convolution.hpp, of which the three convolutions are the partial derivatives. `how`: strides, padding
/// (top, bottom, left, right), dilations, groups.
function eachProduct(how, x, w, g, visit) {
  const [down, along, top, , left, , dilationDown, dilationAlong, groups] = how;
  const [, channels, height, width] = x, [outputs, ofGroup, windowHeight, windowWidth] = w;
  eachElement(g, (to, [item, output, p, q]) => {
    const first = Math.floor(output / (outputs / groups)) * ofGroup;
    for (let c = 0; c < ofGroup; ++c) {
      for (let i = 0; i < windowHeight; ++i) {
        const h = p * down + i * dilationDown - top;
        if (h < 0 || h >= height) continue;
        for (let j = 0; j < windowWidth; ++j) {
          const v = q * along + j * dilationAlong - left;
          if (v < 0 || v >= width) continue;
          visit(
              ((item * channels + first + c) * height + h) * width + v,
              ((output * ofGroup + c) * windowHeight + i) * windowWidth + j, to);
        }
      }
    }
  });
}
/// The product of two operands, of which the one that is marked is a cotangent: its zeros contribute nothing.
const product = (a, b, marked) => (marked === 1 && a === 0) || (marked === 2 && b === 0) ? 0 : a * b;

/// The elements of window i along an axis: first, first + step, … below end. `n`: size, stride, padding, dilation,
/// count.
function windowOf([size, stride, padding, dilation, count], i, extent) {
  if (size === 0)
    return {first: Math.floor(i * extent / count), end: Math.ceil((i + 1) * extent / count), step: 1, padded: 0};
  const start = i * stride - padding, skipped = start < 0 ? Math.ceil(-start / dilation) : 0;
  const last = start + (size - 1) * dilation + 1;
  return {
    first: start + skipped * dilation,
    end: Math.min(extent, last),
    step: dilation,
    padded: Math.ceil((Math.min(extent + padding, last) - start) / dilation)
  };
}
/// Calls visit(place in the result, places in x, what to divide by) for each window of planes of height × width.
function eachWindow(attr, shape, height, width, visit) {
  eachElement(shape, (to, [item, channel, p, q]) => {
    const [rows, columns] = [windowOf(attr.slice(0, 5), p, height), windowOf(attr.slice(5, 10), q, width)];
    const plane = (item * shape[1] + channel) * height * width, places = [];
    for (let h = rows.first; h < rows.end; h += rows.step)
      for (let v = columns.first; v < columns.end; v += columns.step) places.push(plane + h * width + v);
    const count = ({first, end, step, padded}) => attr[10] === 2 && padded ? padded : Math.ceil((end - first) / step);
    visit(to, places, attr[10] ? count(rows) * count(columns) : 1);
  });
}

Object.assign(structural, {
  conv2d: (to, node, [x, w]) => eachProduct(
      node.attr, x.shape, w.shape, node.shape,
      (a, b, c) => {
        to[c] += product(x.data[a], w.data[b], node.attr[9]);
      }),
  conv2d_by_input: (to, node, [g, w]) => eachProduct(
      node.attr, node.shape, w.shape, g.shape,
      (a, b, c) => {
        to[a] += product(g.data[c], w.data[b], node.attr[9]);
      }),
  conv2d_by_weight: (to, node, [x, g]) => eachProduct(
      node.attr, x.shape, node.shape, g.shape,
      (a, b, c) => {
        to[b] += product(x.data[a], g.data[c], node.attr[9]);
      }),
  max_pool2d_positions: (to, node, [x]) => {
    const [, , height, width] = x.shape;
    eachWindow(node.attr, node.shape, height, width, (at, places) => {
      let best = places[0];
      for (const place of places) {
        const [a, b] = [x.data[place], x.data[best]];
        if (b === b && (a !== a || a > b)) best = place;
      }
      to[at] = best % (height * width);
    });
  },
  avg_pool2d: (to, node, [x]) => eachWindow(
      node.attr, node.shape, x.shape[2], x.shape[3],
      (at, places, divisor) => {
        to[at] = places.reduce((sum, place) => sum + x.data[place], 0) / divisor;
      }),
  avg_pool2d_transposed: (to, node, [g]) => eachWindow(
      node.attr, g.shape, node.shape[2], node.shape[3],
      (at, places, divisor) => {
        for (const place of places) to[place] += g.data[at] / divisor;
      }),
});
