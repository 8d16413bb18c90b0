// ---- steps: what the picture and the line below it show at a step.

// ---- texts of values

function brief(array, figure) {
  if (array) return array.data.length === 1 ? short(array.data[0]) : '‖·‖ ' + short(magnitude(array));
  if (figure && figure.elements && figure.elements.length === 1) return short(numberOf(figure.elements[0]));
  if (figure && 'norm' in figure) return '‖·‖ ' + short(numberOf(figure.norm));
  return '·';
}
// What an edited input is not carried on to is not known: "?".
const valueText = node => node.unknown ? '?' : brief(node.array, node.value);
const adjointText = node => node.adjointUnknown ? '?' : brief(node.adjointArray, node.adjoint);
const contributionText = step => step.unknown ? '?' : brief(step.contributionArray, step.contribution);
const localText = step => step.unknown ? '?' :
    step.localArray || step.local      ? brief(step.localArray, step.local) :
                                         'rule';
/// `arrived`: what Act.adjointAt gives.
const arrivedText = (arrived, figure) => arrived === null ? '·' :
    arrived === 'unknown'                                 ? '?' :
    arrived === 'figure'                                  ? brief(null, figure) :
                                                            brief(arrived);
const finite = array => !array || array.data.every(Number.isFinite);
const typeText = node => node.dtype + (node.shape.length ? `[${node.shape.join(',')}]` : '');
const nodeMath = node => node.op === 'constant' && node.array && isScalar(node.shape) ? mn(node.array.data[0]) :
    node.shown.startsWith('∂')                                                        ? m('mi', node.shown) :
                                                                                        nameMath(node.shown);
const coloured = (element, name) => {
  element.setAttribute('class', name);
  return element;
};

/// A small array as a matrix, a large one as its norm.
function arrayMath(array, figure, colour, unknown = null) {
  const wrap = element => coloured(row(element), colour);
  if (unknown) return wrap(m('mtext', '?'));
  if (!array) return wrap(m('mtext', brief(null, figure)));
  const size = array.data.length, columns = array.shape.length ? array.shape[array.shape.length - 1] : 1;
  if (size === 1) return wrap(mn(array.data[0]));
  if (size > 9 || size === 0 || array.shape.length > 2) return wrap(m('mtext', brief(array)));
  const rows = [];
  for (let i = 0; i < size; i += columns)
    rows.push(m('mtr', ...[...array.data.slice(i, i + columns)].map(x => m('mtd', mn(x)))));
  return wrap(row(mo('['), m('mtable', ...rows), mo(']')));
}

const derivativeMath = id =>
    coloured(derivative(nameMath(state.act.resultName()), nodeMath(state.act.nodes[id])), 'm-adjoint');

// ---- formulas of steps

function forwardFormula(id) {
  const {nodes} = state.act, node = nodes[id], from = node.in.map(operand => nodes[operand]);
  const parts = [nodeMath(node), mo('='), applied(node, from.map(x => atomOf(x, nodeMath(x))), from).element];
  const few = from.every(x => x.array && x.array.data.length <= 4) || from.every(x => x.array && isScalar(x.shape));
  if (few && from.some(x => x.op !== 'constant') && from.length < 5)
    parts.push(mo('='), applied(node, from.map(x => ({...valueTerm(x)})), from).element);
  parts.push(mo('='), arrayMath(node.array, node.value, 'm-value', node.unknown));
  return math(...parts);
}
const atomOf = (node, element) =>
    node.op === 'constant' && node.array && isScalar(node.shape) ? numberTerm(node.array.data[0]) : atom(element);
const valueTerm = node => {
  if (isScalar(node.shape) && node.array) {
    const term = numberTerm(node.array.data[0]);
    return {binding: term.binding, element: coloured(row(term.element), 'm-value')};
  }
  return atom(arrayMath(node.array, node.value, 'm-value', node.unknown));
};

/// The rule of a step in symbols: the factor of an elementwise operation, the whole contribution of others.
function ruleMath(step) {
  const {nodes, rules} = state.act, user = nodes[step.user];
  if (step.rule < 0) return null;
  const terms = {c: atom(derivativeMath(step.user)), y: atomOf(user, nodeMath(user))};
  user.in.forEach((operand, k) => {
           terms['x' + k] = {
             ...atomOf(nodes[operand], nodeMath(nodes[operand])),
             truth: nodes[operand].dtype === 'bool'
           };
         });
  return ruleTerm(rules[step.rule], terms);
}

function reverseFormula(step) {
  const {nodes, rules} = state.act, user = nodes[step.user];
  const elementwiseRule = step.rule >= 0 && rules[step.rule].elementwise;
  const times = isScalar(user.shape) ? '·' : '∘';
  const parts = [
    derivativeMath(step.operand),
    mo('+='),
  ];
  if (elementwiseRule) {
    parts.push(
        derivativeMath(step.user), mo(times), derivative(nodeMath(user), nodeMath(nodes[step.operand])), mo('='));
    const small = user.shape.length === 0 || sizeOf(user.shape) <= 4;
    if (small) {
      const factor = step.localArray && isScalar(user.shape) ?
          numberTerm(step.localArray.data[0]) :
          atom(arrayMath(step.localArray, step.local, '', step.unknown));
      parts.push(
          arrayMath(user.adjointArray, user.adjoint, 'm-adjoint', user.adjointUnknown), mo(times),
          row(bound(factor, 3.5)), mo('='));
    }
  } else {
    const rule = ruleMath(step);
    if (rule) parts.push(rule.element, mo('='));
  }
  parts.push(coloured(row(arrayMath(step.contributionArray, step.contribution, 'm-sum', step.unknown)), 'm-sum'));
  return math(...parts);
}

/// The running sum where several contributions arrive.
function sumText(step, index) {
  const arrivals = state.act.arrivals.get(step.operand), place = arrivals.indexOf(index);
  if (arrivals.length < 2) return null;
  const before = arrivals.slice(0, place).map(k => state.act.steps[k]);
  const previous = before.length ? runningText(before[before.length - 1], false) : '0';
  return h(
      'span', {class: 'sum'},
      `contribution ${place + 1} of ${arrivals.length}:  ${previous} + ${contributionText(step)} = `,
      h('b', {}, runningText(step, place === arrivals.length - 1)));
}
/// What has arrived at the operand after a step; of the last one the adjoint may be known by its statistics alone.
const runningText = (step, isLast) =>
    step.sumUnknown ? '?' : brief(step.sumArray, isLast ? state.act.nodes[step.operand].adjoint : null);

// ---- the picture at a step

/// Touch the document only where something changes: a page of a thousand boxes is to answer at once.
function setText(element, text) {
  if (element.shownText === text) return;
  element.shownText = text;
  element.textContent = text;
}
function setClass(element, name, on) {
  const flags = element.flags || (element.flags = new Set());
  if (flags.has(name) === on) return;
  if (on)
    flags.add(name);
  else
    flags.delete(name);
  element.classList.toggle(name, on);
}

function draw() {
  const {act, stage, t} = state, now = act.script[t];
  for (const giveBack of stage.borrowed || []) giveBack();
  stage.borrowed = [];
  for (const [id, {group, texts}] of stage.nodeElements) {
    const node = act.nodes[id];
    if (!node || !act.walk) continue;
    const known = act.knownAt(id, t), complete = act.completeAt(id, t);
    setClass(group, 'waiting', !known);
    if (texts.value) setText(texts.value, known ? valueText(node) : '·');
    setClass(group, 'unknown', act.edited && Boolean(node.unknown || node.adjointUnknown));
    if (texts.adjoint && node.order === 0) {
      const arrived = act.adjointAt(id, t);
      setText(
          texts.adjoint,
          '∂ ' + arrivedText(arrived, complete ? node.adjoint : null) + (arrived !== null && !complete ? '…' : ''));
    }
    setClass(group, 'not-finite', known && (!finite(node.array) || (complete && !finite(node.adjointArray))));
  }
  const used = new Set(), end = t === act.script.length - 1;
  if (act.seedAt !== undefined && !end)
    for (let k = 0; k <= t - act.seedAt - 1; ++k) used.add(`${act.steps[k].user}:${act.steps[k].operand}`);
  for (const [ends, lines] of stage.lineOf)
    for (const {group} of lines) setClass(group, 'used', used.has(ends));
  stage.svg.classList.toggle('edited', act.edited);
  if (act.edited) act.steps.forEach(showLocal);
  mark(now);
  caption(now);
}

function linesOf(user, operand, position) {
  const lines = state.stage.lineOf.get(`${user}:${operand}`) || [];
  // Parallel lines, as of x·x: the one of this position.
  const positions = state.act.nodes[user].in.map((id, k) => id === operand ? k : -1).filter(k => k >= 0);
  const place = positions.indexOf(position);
  return lines.length > 1 && lines.length === positions.length && place >= 0 ? [lines[place]] : lines;
}

function showLocal(step) {
  const elementwiseRule = step.rule >= 0 && state.act.rules[step.rule].elementwise;
  if (!step.localArray && !(step.unknown && elementwiseRule)) return;
  const text = step.unknown           ? '?' :
      isScalar(step.localArray.shape) ? brief(step.localArray) :
                                        `‖${short(magnitude(step.localArray), 3)}‖`;
  for (const line of linesOf(step.user, step.operand, step.position))
    if (line.label) Stage.setLabel(line, text);
}

/// What repeats and is drawn once has the numbers of the first time; at a step, those of the time that it is at.
function borrow(id, t) {
  const {act, stage} = state, item = stage.itemOf(id), node = act.nodes[id];
  if (!item || !item.box || item.box.node === id) return;
  const {texts, tag} = stage.nodeElements.get(item.box.node), arrived = act.adjointAt(id, t);
  const name = texts.name && node.name !== '' ? texts.name : tag;
  if (name) {
    const before = name.textContent;
    stage.borrowed.push(() => setText(name, before));
    setText(name, node.shown);
  }
  if (texts.value) setText(texts.value, act.knownAt(id, t) ? valueText(node) : '·');
  if (!texts.adjoint) return;
  const complete = act.completeAt(id, t), more = arrived !== null && !complete ? '…' : '';
  setText(texts.adjoint, '∂ ' + arrivedText(arrived, complete ? node.adjoint : null) + more);
}
function borrowLocal(step) {
  for (const line of linesOf(step.user, step.operand, step.position)) {
    if (!line.label) continue;
    const before = line.label.textContent;
    state.stage.borrowed.push(() => Stage.setLabel(line, before));
  }
  showLocal(step);
}

/// What happens at this step.
function mark(now) {
  const {act, stage} = state;
  for (const [element, name] of stage.marked || []) setClass(element, name, false);
  stage.marked = [];
  const set = (element, name) => {
    setClass(element, name, true);
    stage.marked.push([element, name]);
  };
  const node = (id, name) => {
    const item = stage.itemOf(id);
    if (item) set(item.element, name);
  };
  const lines = (user, operand, k, name) => linesOf(user, operand, k).forEach(({group}) => set(group, name));
  if (now.kind === 'forward') {
    node(now.id, 'now-forward');
    act.nodes[now.id].in.forEach((operand, k) => lines(now.id, operand, k, 'now-forward'));
    [now.id, ...act.nodes[now.id].in].forEach(id => borrow(id, state.t));
  } else if (now.kind === 'seed') {
    node(act.output, 'now-to');
  } else if (now.kind === 'reverse') {
    const step = act.steps[now.step];
    node(step.user, 'now-from');
    node(step.operand, 'now-to');
    if (step.adjoint >= 0) node(step.adjoint, 'now-to');
    lines(step.user, step.operand, step.position, 'now-reverse');
    [step.user, step.operand].forEach(id => borrow(id, state.t));
    borrowLocal(step);
  }
}

/// The gradient, as far as it fits.
function gradientParts() {
  const {act} = state, chosen = act.ids.filter(id => {
    const {parameter, adjointArray, adjoint, adjointUnknown} = act.nodes[id];
    return parameter && (adjointArray || adjoint || adjointUnknown);
  });
  const shown = chosen.slice(0, 6), each = shown.map(id => {
    const {adjointArray, adjoint, adjointUnknown} = act.nodes[id];
    return math(derivativeMath(id), mo('='), arrayMath(adjointArray, adjoint, 'm-sum', adjointUnknown));
  });
  const rest = chosen.length - shown.length;
  const summary = rest > 0 ? `and ${rest} more at the right` :
      chosen.some(id => act.nodes[id].adjointUnknown) ? 'What is marked “?” is not known for the edited input.' :
      chosen.length                                   ? 'Every adjoint is complete.' :
                                                        nothingArrives();
  return [...each, h('span', {class: 'sum'}, summary)];
}
/// Where the sweep ends before it comes to a parameter.
function nothingArrives() {
  const {ids, nodes, steps} = state.act, passing = new Set(steps.map(({user}) => user));
  const ends = ids.map(id => nodes[id])
                   .filter(
                       ({id, order, in : from, adjoint, adjointArray}) =>
                           order === 0 && from.length && (adjoint || adjointArray) && !passing.has(id));
  const names = listed([...new Set(ends.map(({op}) => op))]);
  return `Nothing passes back through ${names || 'the result'}: every derivative is 0.`;
}

function caption(now) {
  const {act, t} = state, last = act.script.length - 1;
  const forwards = act.forwardAt.size, [phase, formula, told] = [$('phase'), $('formula'), $('told')];
  let label = 'inputs', kind = '', parts = [h('span', {}, 'The inputs are given. → computes the first value.')];
  let spoken = 'The inputs are given.';
  if (!act.walk) {
    label = 'overview';
    parts = [h('span', {}, 'The picture of the graph. It is too large to walk through step by step.')];
  } else if (now.kind === 'forward') {
    const node = act.nodes[now.id];
    [label, kind, parts] = [`forward ${act.forwardAt.get(now.id)}/${forwards}`, 'forward', [forwardFormula(now.id)]];
    spoken = `Forward: ${node.shown} is ${valueText(node)}.`;
  } else if (now.kind === 'seed') {
    const name = nameMath(act.resultName());
    [label, kind] = ['reverse', 'reverse'];
    parts = [
      math(coloured(derivative(name.cloneNode(true), name.cloneNode(true)), 'm-adjoint'), mo('='), mn(1)),
      h('span', {class: 'sum'}, 'The reverse sweep begins at the result.')
    ];
    spoken = 'The reverse sweep begins: the derivative of the result by itself is 1.';
  } else if (now.kind === 'reverse') {
    const step = act.steps[now.step], [user, operand] = [act.nodes[step.user], act.nodes[step.operand]];
    [label, kind] = [`reverse ${now.step + 1}/${act.steps.length}`, 'reverse'];
    parts = [reverseFormula(step), sumText(step, now.step)];
    spoken = `Reverse: ${user.shown} passes to ${operand.shown}: ` +
        (step.localArray && isScalar(user.shape) ? `${adjointText(user)} times ${brief(step.localArray)} is ` : '') +
        `${contributionText(step)}. Sum ${runningText(step, act.completeAt(operand.id, t))}.`;
  } else if (now.kind === 'end') {
    [label, kind, parts] = ['gradient', 'reverse', gradientParts()];
    spoken = parts[parts.length - 1].textContent;
  }
  phase.textContent = label;
  phase.className = 'phase ' + kind;
  formula.replaceChildren(...parts.filter(Boolean));
  told.textContent = spoken;
  $('slider').value = t;
  $('slider').setAttribute('aria-valuetext', spoken);
  $('count').textContent = `${t} / ${last}`;
  for (const id of ['first', 'previous']) $(id).disabled = t === 0;
  for (const id of ['next', 'last']) $(id).disabled = t === last;
}

function goto(t) {
  const begin = performance.now();
  state.t = Math.max(0, Math.min(state.act.script.length - 1, t));
  draw();
  if (state.chosen !== null) showChosen();
  follow();
  state.reaction = performance.now() - begin;
}

/// Keeps what happens in sight while it is walked through.
function follow() {
  const {act, stage, t} = state, now = act.script[t];
  const id = now.kind === 'forward' ? now.id : now.kind === 'reverse' ? act.steps[now.step].operand : null;
  const item = id !== null ? stage.itemOf(id) : undefined;
  if (item) stage.bringIntoView(item);
}

function play() {
  if (state.playing !== null) return stop();
  if (state.t === state.act.script.length - 1) goto(0);
  $('play').textContent = 'Pause';
  const pace = Math.max(220, Math.min(1300, 45000 / state.act.script.length));
  state.playing = setInterval(() => {
    goto(state.t + 1);
    if (state.t === state.act.script.length - 1) stop();
  }, pace);
}
function stop() {
  clearInterval(state.playing);
  state.playing = null;
  $('play').textContent = 'Play';
}
