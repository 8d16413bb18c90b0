// ---- formula: numbers as text; operations, rules and steps as MathML. Texts of the user become text nodes only.

/// The shortest text with at most `digits` significant ones: "0.3775", "1.2e-7", "inf".
function short(x, digits = 4) {
  if (x !== x) return 'nan';
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '−inf';
  if (x === 0) return '0';
  const whole = Number.isInteger(x) && Math.abs(x) < 1e6;
  let text = whole ? String(x) : String(Number(x.toPrecision(digits)));
  const size = Math.abs(x);
  if (!whole && (size < 1e-4 || size >= 1e6)) text = Number(x.toPrecision(digits)).toExponential();
  return text.replace('e+', 'e').replace('-', '−').replace('e-', 'e−');
}
const exact = x => Number.isFinite(x) ? String(x) : x !== x ? 'nan' : x > 0 ? 'inf' : '-inf';

const mathNamespace = 'http://www.w3.org/1998/Math/MathML';
function m(name, ...children) {
  const element = document.createElementNS(mathNamespace, name);
  for (const child of children) element.append(child);
  return element;
}
const mo = text => m('mo', text);
const mn = x => {
  const text = short(x), [digits, exponent] = text.split('e');
  if (exponent === undefined) return m('mn', text);
  return m('mrow', m('mn', digits), mo('·'), m('msup', m('mn', '10'), m('mn', exponent)));
};
const row = (...children) => m('mrow', ...children);

/// "net_h1" and "w11": digits and what follows an underscore stand below.
function nameMath(name) {
  const parts = /^(\p{L}+)_?(\d{1,4})$/u.exec(name) || /^(\p{L}{1,12})_(\p{L}{1,12}\d{0,3})$/u.exec(name);
  const letter = text => {
    const element = m('mi', text);
    if ([...text].length > 1) element.setAttribute('mathvariant', 'normal');
    return element;
  };
  return parts ? m('msub', letter(parts[1]), /^\d/.test(parts[2]) ? m('mn', parts[2]) : letter(parts[2])) :
                 letter(name);
}

// A term: an element, and how tightly it binds (6: an atom).
const atom = element => ({element, binding: 6});
const bound = (term, least) => term.binding >= least ? term.element : row(mo('('), term.element, mo(')'));
const numberTerm = x => ({element: mn(x), binding: x < 0 || short(x).includes('e') ? 3 : 6, number: x});

const infix = {
  add: ['+', 2],
  sub: ['−', 2],
  mul: ['·', 3],
  scale: ['·', 3],
  less: ['<', 1],
  less_equal: ['≤', 1],
  equal: ['=', 1],
  not_equal: ['≠', 1],
  greater: ['>', 1],
  greater_equal: ['≥', 1],
  logical_and: ['∧', 0],
  logical_or: ['∨', 0],
};
const functionNames = {
  log: 'ln',
  log2: 'log₂',
  log10: 'log₁₀',
  sigmoid: 'σ',
  asin: 'arcsin',
  acos: 'arccos',
  atan: 'arctan',
  log_sigmoid: 'ln σ',
  lgamma: 'ln Γ',
  digamma: 'ψ',
  heaviside: 'H',
  amax: 'max',
  amin: 'min',
  logsumexp: 'ln Σ exp',
  prod: '∏',
  prod_others: '∏≠',
};

function call(name, terms) {
  const inside = terms.flatMap((term, k) => k ? [mo(','), term.element] : [term.element]);
  const head = m('mi', name);
  if (name.length > 1) head.setAttribute('mathvariant', 'normal');
  return {element: row(head, mo('\u2061'), row(mo('('), ...inside, mo(')'))), binding: 5};
}

/// An operation applied to terms. `node` has op, attr, shape; `from`: the nodes of its operands.
function applied(node, terms, from) {
  const [a, b] = terms, op = node.op;
  if (infix[op] && terms.length === 2) {
    const [sign, level] = infix[op];
    const tight = op === 'sub' || level < 2 ? level + 1 : level;
    const right = b.binding === 3 && level >= 2 && b.element.localName !== 'mrow' ? 4 : tight;
    return {element: row(bound(a, level), mo(sign), bound(b, right)), binding: level};
  }
  switch (op) {
    case 'neg':
      return {element: row(mo('−'), bound(a, 3)), binding: 2.5};
    case 'div':
      return {element: m('mfrac', a.element, b.element), binding: 4};
    case 'reciprocal':
      return {element: m('mfrac', m('mn', '1'), a.element), binding: 4};
    case 'rsqrt':
      return {element: m('mfrac', m('mn', '1'), m('msqrt', a.element)), binding: 4};
    case 'square':
      return {element: m('msup', bound(a, 6), m('mn', '2')), binding: 5};
    case 'integer_pow':
    case 'pow':
      return {element: m('msup', bound(a, 6), b.element), binding: 5};
    case 'exp':
      return {element: m('msup', m('mi', 'e'), a.element), binding: 5};
    case 'exp2':
      return {element: m('msup', m('mn', '2'), a.element), binding: 5};
    case 'gaussian':
      return {element: m('msup', m('mi', 'e'), row(mo('−'), m('msup', bound(a, 6), m('mn', '2')))), binding: 5};
    case 'sqrt':
      return atom(m('msqrt', a.element));
    case 'cbrt':
      return atom(m('mroot', a.element, m('mn', '3')));
    case 'abs':
      return atom(row(mo('|'), a.element, mo('|')));
    case 'norm':
      return atom(row(mo('‖'), a.element, mo('‖')));
    case 'floor':
      return atom(row(mo('⌊'), a.element, mo('⌋')));
    case 'ceil':
      return atom(row(mo('⌈'), a.element, mo('⌉')));
    case 'logical_not':
      return {element: row(mo('¬'), bound(a, 6)), binding: 5};
    case 'sum':
      return {element: row(mo('∑'), bound(a, 3)), binding: 3};
    case 'where':
      return cases(terms);
    case 'reshape':
    case 'convert':
    case 'to_tensor':
      return a;
    case 'to_scalar': {
      const place = from[0].shape.length ?
          stridesOf(from[0].shape).map((stride, k) => Math.floor(node.attr / stride) % from[0].shape[k]) :
          [];
      return place.length ? {element: m('msub', bound(a, 6), m('mn', place.join(','))), binding: 6} : a;
    }
    case 'broadcast':
      return from[0].shape.length ? a : {element: row(bound(a, 3), mo('·'), m('mn', '𝟏')), binding: 3};
    case 'permute':
      return node.shape.length === 2 ? transposed(a) : call('permute', terms);
    case 'matmul': {
      const left = node.attr & 1 ? transposed(a) : a, right = node.attr & 2 ? transposed(b) : b;
      return {element: row(bound(left, 3), mo('\u2009'), bound(right, 4)), binding: 3};
    }
    case 'stack':
      if (terms.length > 4) break;
      return atom(row(mo('['), ...terms.flatMap((term, k) => k ? [mo(','), term.element] : [term.element]), mo(']')));
  }
  return call(functionNames[op] || op.replaceAll('_', ' '), terms);
}
const transposed = term => ({element: m('msup', bound(term, 6), m('mi', 'T')), binding: 5});
function cases([condition, yes, no]) {
  const line = (value, ...when) => m('mtr', m('mtd', value.element), m('mtd', ...when));
  const table = m('mtable', line(yes, m('mtext', 'if '), condition.element), line(no, m('mtext', 'else')));
  table.setAttribute('columnalign', 'left');
  return {element: row(mo('{'), table), binding: 4};
}

/// What is known before any variable is: of n·x^(n−1) with the constant n = 2 the reader wants 2·x.
function simplified({op}, terms) {
  const [a, b, c] = terms, known = term => term !== undefined && term.number !== undefined;
  if (elementwise[op] && op !== 'where' && terms.every(known))
    return numberTerm(elementwise[op](...terms.map(term => term.number)));
  if (op === 'where' && known(a)) return a.number ? b : c;
  if (op === 'not_equal' && a.truth && b.number === 0) return a;  // as a rule reads a truth value
  if (op === 'mul' || op === 'scale') return a.number === 1 ? b : b.number === 1 ? a : null;
  if (op === 'add') return a.number === 0 ? b : b.number === 0 ? a : null;
  if ((op === 'integer_pow' || op === 'pow') && b.number === 1) return a;
  return null;
}

/// The formula of a rule, from the terms of the variables "c", "y", "x0" …; null when it would be too long to read.
function ruleTerm(rule, terms, largest = 40) {
  const size = [];
  for (const [id, node] of rule.nodes.entries()) {
    size[id] = 1 + node.in.reduce((sum, operand) => sum + size[operand], 0);
    if (size[id] > largest) return null;
  }
  const write = id => {
    const node = rule.nodes[id];
    if (node.op === 'variable') return {...terms[node.name], element: terms[node.name].element.cloneNode(true)};
    if (node.op === 'constant') {
      const all = node.array.data.every(element => element === node.array.data[0]);
      return all ? numberTerm(node.array.data[0]) : atom(m('mi', 'C'));
    }
    return simplified(node, node.in.map(write)) ||
        applied(node, node.in.map(write), node.in.map(operand => rule.nodes[operand]));
  };
  return write(rule.out);  // it is small: its size was held against `largest`
}

/// ∂L/∂x; `below` and `above` are elements.
const derivative = (above, below) => m('mfrac', row(m('mo', '∂'), above), row(m('mo', '∂'), below));

/// A <math> element.
function math(...children) {
  return m('math', row(...children));
}
