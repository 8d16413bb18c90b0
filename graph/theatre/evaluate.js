// ---- evaluate: the operations of graphs, on small arrays.
//
// An array is {shape, data, dtype}, row-major. Of derivatives nothing is known here: rules are graphs, too.
// What is missing from `elementwise` and `structural` is what the page cannot compute; it says so.

const mostElements = 20000;  // of one array that the page computes

const sigmoid = x => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
const softplus = x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const integerPower = (x, n) => {
  let power = 1;
  for (let k = Math.abs(n), base = x; k > 0; k = Math.floor(k / 2), base *= base)
    if (k % 2) power *= base;
  return n < 0 ? 1 / power : power;
};
const power = (x, p) => x === 1 ? 1 : Math.pow(x, p);  // C: 1 to any power is 1
const larger = (x, y) => x !== x || y !== y ? NaN : x > y ? x : y;
const smaller = (x, y) => x !== x || y !== y ? NaN : x < y ? x : y;

const elementwise = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  scale: (x, y) => x === 0 || y === 0 ? 0 : x * y,
  div: (x, y) => x / y,
  neg: x => -x,
  reciprocal: x => 1 / x,
  square: x => x * x,
  fmod: (x, y) => x % y,
  integer_pow: integerPower,
  pow: power,
  sqrt: Math.sqrt,
  rsqrt: x => 1 / Math.sqrt(x),
  cbrt: Math.cbrt,
  hypot: (x, y) => x - x !== 0 || y - y !== 0 ? (x !== x || y !== y ? NaN : Infinity) : Math.hypot(x, y),
  exp: Math.exp,
  exp2: x => Math.pow(2, x),
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  xlogy: (x, y) => x === 0 ? (y !== y ? NaN : 0) : x * Math.log(y),
  xlog1py: (x, y) => x === 0 ? (y !== y ? NaN : 0) : x * Math.log1p(y),
  sigmoid,
  softplus,
  log_sigmoid: x => -softplus(-x),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  gaussian: x => Math.exp(-x * x),
  erf,
  erfc,
  lgamma: lnGamma,
  digamma: x => polygamma(0, x),
  polygamma,
  abs: Math.abs,
  sign: Math.sign,
  relu: x => x > 0 ? x :
      x !== x      ? x :
                     0,
  heaviside: x => x !== x ? x :
      x >= 0              ? 1 :
                            0,
  floor: Math.floor,
  ceil: Math.ceil,
  round: x => Math.sign(x) * Math.floor(Math.abs(x) + 0.5),
  trunc: Math.trunc,
  max: larger,
  min: smaller,
  clamp: (x, low, high) => x !== x || low !== low || high !== high ? NaN : Math.min(Math.max(x, low), high),
  where: (condition, a, b) => condition ? a : b,
  less: (x, y) => +(x < y),
  less_equal: (x, y) => +(x <= y),
  equal: (x, y) => +(x === y),
  not_equal: (x, y) => +(x !== y),
  greater: (x, y) => +(x > y),
  greater_equal: (x, y) => +(x >= y),
  logical_and: (x, y) => +(x !== 0 && y !== 0),
  logical_or: (x, y) => +(x !== 0 || y !== 0),
  logical_xor: (x, y) => +((x !== 0) !== (y !== 0)),
  logical_not: x => +(x === 0),
};

const sizeOf = shape => shape.reduce((product, extent) => product * extent, 1);
const stridesOf = shape => {
  const strides = new Array(shape.length);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
};
/// Calls visit(position, index) for each element of a shape, row-major; `index` is reused.
const eachElement = (shape, visit) => {
  const size = sizeOf(shape), index = new Array(shape.length).fill(0);
  for (let position = 0; position < size; ++position) {
    visit(position, index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; --axis) index[axis] = 0;
  }
};
const offsetOf = (strides, index) => index.reduce((sum, i, axis) => sum + i * strides[axis], 0);

/// Calls visit(position in x, position in the result that lacks the axes).
const eachReduced = (shape, axes, visit) => {
  const kept = shape.map((_, axis) => axis).filter(axis => !axes.includes(axis));
  const strides = stridesOf(kept.map(axis => shape[axis]));
  eachElement(
      shape, (position, index) => visit(position, kept.reduce((sum, axis, k) => sum + index[axis] * strides[k], 0)));
};
/// A reduction: `start`, then step(sum, x) for each element, then end(sum).
const reduce = (x, axes, to, start, step, end = sum => sum) => {
  to.fill(start);
  eachReduced(x.shape, axes, (from, at) => {
    to[at] = step(to[at], x.data[from]);
  });
  to.forEach((sum, k) => {
    to[k] = end(sum);
  });
};
/// Calls visit(outer, inner, extent, positions) for each row along an axis: element i lies at outer + i * inner.
const eachRow = (shape, axis, visit) => {
  const inner = sizeOf(shape.slice(axis + 1)), extent = shape[axis], outer = sizeOf(shape.slice(0, axis));
  for (let a = 0; a < outer; ++a)
    for (let b = 0; b < inner; ++b) visit(a * extent * inner + b, inner, extent);
};

const reduced = (x, axes, start, step, end) => {
  const to = new Float64Array(sizeOf(x.shape.filter((_, axis) => !axes.includes(axis))));
  reduce(x, axes, to, start, step, end);
  return to;
};

// Each fills `to`, the data of the result, whose shape the node knows.
const structural = {
  broadcast: (to, node, [x]) => {
    const lead = node.shape.length - x.shape.length, strides = stridesOf(x.shape);
    eachElement(node.shape, (position, index) => {
      let from = 0;
      for (let axis = 0; axis < x.shape.length; ++axis)
        if (x.shape[axis] !== 1) from += index[lead + axis] * strides[axis];
      to[position] = x.data[from];
    });
  },
  reshape: (to, node, [x]) => to.set(x.data),
  permute: (to, node, [x]) => {
    const strides = stridesOf(x.shape);
    eachElement(node.shape, (position, index) => {
      let from = 0;
      node.attr.forEach((axis, k) => {
        from += index[k] * strides[axis];
      });
      to[position] = x.data[from];
    });
  },
  slice: (to, node, [x]) => {
    const rank = x.shape.length, strides = stridesOf(x.shape);
    eachElement(node.shape, (position, index) => {
      to[position] = x.data[offsetOf(strides, index.map((i, k) => node.attr[k] + i * node.attr[2 * rank + k]))];
    });
  },
  embed: (to, node, [x]) => {
    const rank = x.shape.length, strides = stridesOf(node.shape);
    eachElement(x.shape, (position, index) => {
      to[offsetOf(strides, index.map((i, k) => node.attr[rank + k] + i * node.attr[2 * rank + k]))] = x.data[position];
    });
  },
  stack: (to, node, x) => {
    const inner = sizeOf(node.shape.slice(node.attr + 1));
    x.forEach((part, k) => part.data.forEach((element, i) => {
      to[(Math.floor(i / inner) * x.length + k) * inner + i % inner] = element;
    }));
  },
  concatenate: (to, node, x) => {
    const axis = node.attr, inner = sizeOf(node.shape.slice(axis + 1)), whole = node.shape[axis] * inner;
    let start = 0;
    x.forEach(part => {
      const length = part.shape[axis] * inner;
      part.data.forEach((element, i) => {
        to[Math.floor(i / length) * whole + start + i % length] = element;
      });
      start += length;
    });
  },
  convert: (to, node, [x]) => x.data.forEach((element, i) => {
    to[i] = node.dtype === 'bool' ? +(element !== 0) : node.dtype[0] === 'i' ? Math.trunc(element) : element;
  }),
  to_scalar: (to, node, [x]) => {
    to[0] = x.data[node.attr];
  },
  to_tensor: (to, node, [x]) => {
    to[node.attr[0]] = x.data[0];
  },
  gather: (to, node, [x, positions]) => {
    const axis = node.attr, inner = sizeOf(x.shape.slice(axis + 1)), count = positions.data.length;
    const outer = sizeOf(x.shape.slice(0, axis));
    for (let a = 0; a < outer; ++a)
      for (let i = 0; i < count; ++i)
        for (let b = 0; b < inner; ++b)
          to[(a * count + i) * inner + b] = x.data[(a * x.shape[axis] + positions.data[i]) * inner + b];
  },
  scatter_add: (to, node, [x, positions]) => {
    const [axis, extent] = node.attr, count = positions.data.length, inner = sizeOf(node.shape.slice(axis + 1));
    const outer = sizeOf(node.shape.slice(0, axis));
    for (let a = 0; a < outer; ++a)
      for (let i = 0; i < count; ++i)
        for (let b = 0; b < inner; ++b)
          to[(a * extent + positions.data[i]) * inner + b] += x.data[(a * count + i) * inner + b];
  },
  take_along: (to, node, [x, positions]) => {
    const strides = stridesOf(x.shape);
    eachElement(node.shape, (position, index) => {
      const from = index.map((i, k) => k === node.attr ? positions.data[position] : i);
      to[position] = x.data[offsetOf(strides, from)];
    });
  },
  scatter_add_along: (to, node, [x, positions]) => {
    const strides = stridesOf(node.shape);
    eachElement(x.shape, (position, index) => {
      const at = index.map((i, k) => k === node.attr[0] ? positions.data[position] : i);
      to[offsetOf(strides, at)] += x.data[position];
    });
  },
  argmax: (to, node, [x]) => argument(to, x, node.attr, (a, b) => a > b),
  argmin: (to, node, [x]) => argument(to, x, node.attr, (a, b) => a < b),
  argsort: (to, node, [x]) => {
    const [axis, descending, count] = node.attr;
    let at = 0;  // rows come in the order of the result, too: the axis keeps its place
    const strides = stridesOf(node.shape);
    eachRow(x.shape, axis, (first, stride, extent) => {
      const value = i => x.data[first + i * stride], isNaN = i => value(i) !== value(i);
      const order = Array.from({length: extent}, (_, i) => i).sort((i, j) => {
        if (isNaN(i) || isNaN(j)) return isNaN(i) - isNaN(j) || i - j;  // last, in either order
        return (descending ? value(j) - value(i) : value(i) - value(j)) || i - j;
      });
      const inner = strides[axis], start = Math.floor(at / inner) * inner * count + at % inner;
      for (let i = 0; i < count; ++i) to[start + i * inner] = order[i];
      ++at;
    });
  },
  sum: (to, node, [x]) => reduce(x, node.attr, to, 0, (sum, element) => sum + element),
  prod: (to, node, [x]) => reduce(x, node.attr, to, 1, (product, element) => product * element),
  prod_others: (to, node, [x]) => {
    const count = sizeOf(x.shape.filter((_, axis) => !node.attr.includes(axis)));
    const groups = Array.from({length: count}, () => []);
    eachReduced(x.shape, node.attr, (from, at) => groups[at].push(from));
    groups.forEach(group => group.forEach((from, i) => {
      to[from] = group.reduce((product, other, k) => k === i ? product : product * x.data[other], 1);
    }));
  },
  amax: (to, node, [x]) => reduce(x, node.attr, to, -Infinity, (a, b) => larger(a, b)),
  amin: (to, node, [x]) => reduce(x, node.attr, to, Infinity, (a, b) => smaller(a, b)),
  tie_share: (to, node, [x, y]) => {
    const ties = new Float64Array(y.data.length);
    eachReduced(x.shape, node.attr, (from, at) => {
      ties[at] += +(x.data[from] === y.data[at]);
    });
    eachReduced(x.shape, node.attr, (from, at) => {
      to[from] = x.data[from] === y.data[at] ? 1 / ties[at] : 0;
    });
  },
  norm: (to, node, [x]) => {
    const largest = reduced(x, node.attr, 0, (most, element) => larger(most, Math.abs(element)));
    eachReduced(x.shape, node.attr, (from, at) => {
      const part = largest[at] > 0 && largest[at] < Infinity ? x.data[from] / largest[at] : x.data[from];
      to[at] += part * part;
    });
    to.forEach((sum, k) => {
      to[k] = largest[k] > 0 && largest[k] < Infinity ? largest[k] * Math.sqrt(sum) : largest[k];
    });
  },
  cumsum: (to, node, [x]) => eachRow(
      x.shape, node.attr[0],
      (first, stride, extent) => {
        for (let i = 0, sum = 0; i < extent; ++i) {
          const at = first + (node.attr[1] ? extent - 1 - i : i) * stride;
          to[at] = sum += x.data[at];
        }
      }),
  logsumexp: (to, node, [x]) => to.set(logSums(x, node.attr)),
  softmax: (to, node, [x]) => {
    const sums = logSums(x, node.attr);
    eachReduced(x.shape, node.attr, (from, at) => {
      to[from] = sums[at] === -Infinity ? 0 : Math.exp(x.data[from] - sums[at]);
    });
  },
  log_softmax: (to, node, [x]) => {
    const sums = logSums(x, node.attr);
    eachReduced(x.shape, node.attr, (from, at) => {
      to[from] = sums[at] === -Infinity ? -Infinity : x.data[from] - sums[at];
    });
  },
  matmul: (to, node, [a, b]) => {
    const rank = node.shape.length, rows = node.shape[rank - 2], columns = node.shape[rank - 1];
    const turnedA = node.attr & 1, turnedB = node.attr & 2;
    const inner = a.shape[turnedA ? rank - 2 : rank - 1], batch = sizeOf(node.shape.slice(0, rank - 2));
    for (let n = 0, at = 0; n < batch; ++n) {
      for (let i = 0; i < rows; ++i) {
        for (let j = 0; j < columns; ++j, ++at) {
          let sum = 0;
          for (let p = 0; p < inner; ++p) {
            const x = a.data[n * rows * inner + (turnedA ? p * rows + i : i * inner + p)];
            const y = b.data[n * inner * columns + (turnedB ? j * inner + p : p * columns + j)];
            // The zeros of a cotangent contribute nothing, whatever they meet.
            if (!((node.attr & 4 && x === 0) || (node.attr & 8 && y === 0))) sum += x * y;
          }
          to[at] = sum;
        }
      }
    }
  },
  triangle: (to, node, [x]) => {
    const rank = x.shape.length, [upper, offset] = node.attr;
    eachElement(x.shape, (position, index) => {
      const d = index[rank - 1] - index[rank - 2];
      to[position] = (upper ? d >= offset : d <= offset) ? x.data[position] : 0;
    });
  },
};

function logSums(x, axes) {
  const most = reduced(x, axes, -Infinity, larger), sums = new Float64Array(most.length);
  eachReduced(x.shape, axes, (from, at) => {
    if (most[at] > -Infinity) sums[at] += Math.exp(x.data[from] - most[at]);
  });
  return most.map((m, k) => m > -Infinity ? m + Math.log(sums[k]) : m);
}

function argument(to, x, axis, better) {
  let at = 0;
  eachRow(x.shape, axis, (first, stride, extent) => {
    let best = 0;
    for (let i = 1; i < extent; ++i) {
      const [a, b] = [x.data[first + i * stride], x.data[first + best * stride]];
      if (b === b && (a !== a || better(a, b))) best = i;
    }
    to[at++] = best;
  });
}

const scalar = value => ({shape: [], data: Float64Array.of(value), dtype: 'f64'});
const arrayOf = (shape, data, dtype) => ({shape, data: Float64Array.from(data, Number), dtype});
const numberOf = value => value === 'nan' ? NaN : value === 'inf' ? Infinity : value === '-inf' ? -Infinity : value;

/// What the page cannot compute of a node; empty: nothing.
function obstacle(node) {
  if (node.op === 'variable' || node.op === 'constant') return '';
  if (sizeOf(node.shape) > mostElements) return `${node.op} of ${sizeOf(node.shape)} elements`;
  return node.op in elementwise || node.op in structural ? '' : node.op;
}

/// The value of a node from those of its operands.
function apply(node, x) {
  const size = sizeOf(node.shape), to = new Float64Array(size);
  const f = elementwise[node.op];
  if (f) {
    const [a, b, c] = x.map(operand => operand.data);
    // An operand of one element stands for all: constants of rules.
    const sa = a.length === 1 ? 0 : 1, sb = b && b.length > 1 ? 1 : 0, sc = c && c.length > 1 ? 1 : 0;
    if (x.length === 1)
      for (let i = 0; i < size; ++i) to[i] = f(a[i * sa]);
    else if (x.length === 2)
      for (let i = 0; i < size; ++i) to[i] = f(a[i * sa], b[i * sb]);
    else
      for (let i = 0; i < size; ++i) to[i] = f(a[i * sa], b[i * sb], c[i * sc]);
  } else {
    structural[node.op](to, node, x);
  }
  if (node.dtype === 'f32')
    to.forEach((element, i) => {
      to[i] = Math.fround(element);
    });
  return {shape: node.shape, data: to, dtype: node.dtype};
}

/// What a rule gives for a cotangent, a value and operands. An elementwise rule is evaluated in the shape of c.
function applyRule(rule, c, y, x) {
  const values = [];
  rule.nodes.forEach((node, id) => {
    if (node.op === 'variable')
      values[id] = node.name === 'c' ? c : node.name === 'y' ? y : x[+node.name.slice(1)];
    else if (node.op === 'constant')
      values[id] = node.array;
    else
      values[id] = apply(
          rule.elementwise ? {...node, shape: c.shape, dtype: c.dtype} : node, node.in.map(operand => values[operand]));
  });
  return values[rule.out];
}

/// What a rule reads: "c", "y", "x0", …
const readBy = rule => new Set(rule.nodes.filter(node => node.op === 'variable').map(node => node.name));

/// One step of the reverse sweep: the local derivative (of an elementwise operation) and the contribution. Of y and x
/// what the rule reads must be there.
function passOn(rule, c, y, x) {
  const result = applyRule(rule, c, y, x);
  if (!rule.elementwise) {
    return {
      contribution: c.data.every(element => element === 0) ? {...result, data: result.data.map(() => 0)} : result
    };
  }
  const at = i => result.data.length === 1 ? result.data[0] : result.data[i];
  const local = {shape: c.shape, dtype: c.dtype, data: Float64Array.from(c.data, (_, i) => at(i))};
  return {local, contribution: {...local, data: c.data.map((element, i) => element === 0 ? 0 : element * at(i))}};
}
