// ---- theatre: the state of the page, its steps, and what stands beside the picture.

const data = JSON.parse(document.getElementById('data').textContent);
const $ = id => document.getElementById(id);
function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'class') element.className = value; else if (key in element) element[key] = value; else element.setAttribute(key, value);
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

const magnitude = array => array.data.length === 1 ? array.data[0] : Math.sqrt(array.data.reduce((sum, x) => sum + x * x, 0));
const isScalar = shape => sizeOf(shape) === 1;

/// An act of the page, ready to be computed: nodes by id, their names, the script of its steps.
class Act {
  constructor(act) {
    Object.assign(this, act);
    this.ids = Object.keys(act.nodes).map(Number).sort((a, b) => a - b);
    const toArray = (figure, node) => figure && figure.elements && figure.elements.length === sizeOf(node.shape)
        ? arrayOf(node.shape, figure.elements.map(numberOf), node.dtype) : null;
    let unnamed = 0;
    this.adjointOf = new Map();  // gradient node → the nodes that it is the adjoint of
    for (const id of this.ids) {
      const node = this.nodes[id];
      node.id = id;
      node.array = toArray(node.value, node);
      node.adjointArray = toArray(node.adjoint, node);
      if (node.order === 0 && node.adjoint_node >= 0) {
        if (!this.adjointOf.has(node.adjoint_node)) this.adjointOf.set(node.adjoint_node, []);
        this.adjointOf.get(node.adjoint_node).push(id);
      }
    }
    const taken = new Set(this.ids.map(id => this.nodes[id].name));
    const letter = ['v', 'w', 't', 'n'].find(l => ![...taken].some(name => new RegExp(`^${l}\\d+$`).test(name))) || 'node';
    for (const id of this.ids) {
      const node = this.nodes[id];
      if (node.name !== '') node.shown = node.name;
      else if (node.op === 'constant') node.shown = node.array && isScalar(node.shape) ? short(node.array.data[0]) : 'constant';
      else if (node.order === 0) node.shown = letter + ++unnamed;
      else node.shown = this.adjointOf.has(id) ? '∂' + this.resultName() + '/∂' + this.nodes[this.adjointOf.get(id)[0]].shown : 'g' + id;
    }
    act.rules.forEach(rule => rule.nodes.forEach(node => {
      node.array = node.value ? toArray(node.value, node) : null;
    }));
    for (const step of this.steps) {
      const user = this.nodes[step.user], operand = this.nodes[user.in[step.position]];
      step.operand = operand.id;
      step.contributionArray = toArray(step.contribution, operand);
      step.localArray = toArray(step.local, user);
    }
    this.arrivals = new Map();  // node → its steps, in their order
    this.steps.forEach((step, k) => {
      if (!this.arrivals.has(step.operand)) this.arrivals.set(step.operand, []);
      this.arrivals.get(step.operand).push(k);
    });
    this.addUp();
    const forward = this.walk ? this.ids.filter(id => this.nodes[id].order === 0 && this.nodes[id].in.length > 0) : [];
    this.script = [{kind: 'begin'}, ...forward.map(id => ({kind: 'forward', id}))];
    this.forwardAt = new Map(forward.map((id, k) => [id, k + 1]));
    if (this.steps.length || (this.walk && this.nodes[this.output].adjoint)) {
      this.seedAt = this.script.length;
      this.script.push({kind: 'seed'}, ...this.steps.map((step, k) => ({kind: 'reverse', step: k})), {kind: 'end'});
    }
    this.obstacles = this.findObstacles();
    this.edited = false;
  }

  resultName() { return this.nodes[this.output] && this.nodes[this.output].name || 'f'; }

  /// Running sums: what has arrived at the operand after each step.
  addUp() {
    for (const step of this.steps) step.sumArray = null;
    for (const indices of this.arrivals.values()) {
      let sum = null;
      for (const k of indices) {
        const step = this.steps[k], part = step.contributionArray;
        if (!part) break;
        sum = sum ? {...sum, data: sum.data.map((x, i) => x + part.data[i])} : part;
        step.sumArray = sum;
      }
    }
  }

  /// What keeps the page from computing anew: operations that it does not know, arrays that are too large or absent.
  findObstacles() {
    if (!this.walk) return ['a graph of this size'];
    const found = new Set();
    for (const id of this.ids) {
      const node = this.nodes[id];
      if (node.order > 0) continue;
      const why = obstacle(node);
      if (why) found.add(why);
      else if (!node.array) found.add(`${node.op} of ${sizeOf(node.shape)} elements`);
    }
    for (const step of this.steps) {
      if (step.rule < 0) found.add(`the rule of ${this.nodes[step.user].op}`);
    }
    for (const rule of this.rules) {
      for (const node of rule.nodes) {
        const why = obstacle(node);
        if (why) found.add(why);
        else if (node.op === 'constant' && !node.array) found.add('a constant of a rule');
      }
    }
    return [...found];
  }

  /// Values, contributions, sums and adjoints, from the variables.
  compute() {
    const begin = performance.now();
    this.edited = true;
    for (const id of this.ids) {
      const node = this.nodes[id];
      if (node.op === 'variable' || node.op === 'constant') continue;
      if (node.order > 0) {
        const x = node.in.map(operand => this.nodes[operand].array);
        node.array = x.every(Boolean) && !obstacle(node) ? apply(node, x) : null;
      } else {
        node.array = apply(node, node.in.map(operand => this.nodes[operand].array));
      }
      node.value = null;
    }
    const sums = new Map();
    const one = this.nodes[this.output];
    if (this.seedAt !== undefined) sums.set(this.output, {shape: one.shape, dtype: one.dtype, data: Float64Array.of(1)});
    for (const step of this.steps) {
      const user = this.nodes[step.user], x = user.in.map(operand => this.nodes[operand].array);
      const passed = passOn(this.rules[step.rule], sums.get(step.user), user.array, x);
      step.localArray = passed.local || null;
      const part = {...passed.contribution, shape: this.nodes[step.operand].shape};
      step.contributionArray = part;
      const before = sums.get(step.operand);
      step.sumArray = before ? {...part, data: part.data.map((value, i) => value + before.data[i])} : part;
      step.contribution = step.local = null;
      sums.set(step.operand, step.sumArray);
    }
    for (const id of this.ids) {
      if (this.nodes[id].order > 0) continue;
      this.nodes[id].adjointArray = sums.get(id) || null;
      this.nodes[id].adjoint = null;
    }
    this.computeTime = performance.now() - begin;
  }

  /// What has arrived at a node after script position t: an array, 'figure' where only statistics are known, or null.
  adjointAt(id, t) {
    if (this.seedAt === undefined || t < this.seedAt) return null;
    const node = this.nodes[id];
    if (id === this.output) return node.adjointArray;
    const indices = this.arrivals.get(id);
    if (!indices) return null;
    const done = t - this.seedAt - 1;
    let last = -1;
    for (const k of indices) if (k <= done) last = k; else break;
    if (last < 0) return null;
    return this.steps[last].sumArray || (indices[indices.length - 1] <= done ? node.adjoint && 'figure' : 'figure');
  }
  completeAt(id, t) {
    if (this.seedAt === undefined || t < this.seedAt) return false;
    const indices = this.arrivals.get(id);
    return id === this.output || (indices !== undefined && indices[indices.length - 1] <= t - this.seedAt - 1);
  }
  knownAt(id, t) {
    const node = this.nodes[id];
    if (node.order === 0) return node.in.length === 0 || (this.forwardAt.get(id) ?? 0) <= t;
    if (this.adjointOf.has(id)) return this.adjointOf.get(id).some(primal => this.completeAt(primal, t));
    return this.seedAt !== undefined && t >= this.seedAt;
  }
}

const acts = data.acts.map(act => new Act(act));
const state = {act: acts[0], stage: null, t: 0, chosen: null, playing: null, reaction: 0};

// ---- texts of values

function brief(array, figure) {
  if (array) return array.data.length === 1 ? short(array.data[0]) : '‖·‖ ' + short(magnitude(array));
  if (figure && figure.elements && figure.elements.length === 1) return short(numberOf(figure.elements[0]));
  if (figure && 'norm' in figure) return '‖·‖ ' + short(numberOf(figure.norm));
  return '·';
}
const finite = array => !array || array.data.every(Number.isFinite);
const typeText = node => node.dtype + (node.shape.length ? `[${node.shape.join(',')}]` : '');
const nodeMath = node => node.op === 'constant' && node.array && isScalar(node.shape) ? mn(node.array.data[0]) :
    node.shown.startsWith('∂') ? m('mi', node.shown) : nameMath(node.shown);
const coloured = (element, name) => {
  element.setAttribute('class', name);
  return element;
};

/// A small array as a matrix, a large one as its norm.
function arrayMath(array, figure, colour) {
  const wrap = element => coloured(row(element), colour);
  if (!array) return wrap(m('mtext', brief(null, figure)));
  const size = array.data.length, columns = array.shape.length ? array.shape[array.shape.length - 1] : 1;
  if (size === 1) return wrap(mn(array.data[0]));
  if (size > 9 || size === 0 || array.shape.length > 2) return wrap(m('mtext', brief(array)));
  const rows = [];
  for (let i = 0; i < size; i += columns)
    rows.push(m('mtr', ...[...array.data.slice(i, i + columns)].map(x => m('mtd', mn(x)))));
  return wrap(row(mo('['), m('mtable', ...rows), mo(']')));
}

const derivativeMath = id => coloured(derivative(nameMath(state.act.resultName()), nodeMath(state.act.nodes[id])), 'm-adjoint');

// ---- formulas of steps

function forwardFormula(id) {
  const {nodes} = state.act, node = nodes[id], from = node.in.map(operand => nodes[operand]);
  const parts = [nodeMath(node), mo('='), applied(node, from.map(x => atomOf(x, nodeMath(x))), from).element];
  const few = from.every(x => x.array && x.array.data.length <= 4) || from.every(x => x.array && isScalar(x.shape));
  if (few && from.some(x => x.op !== 'constant') && from.length < 5)
    parts.push(mo('='), applied(node, from.map(x => ({...valueTerm(x)})), from).element);
  parts.push(mo('='), arrayMath(node.array, node.value, 'm-value'));
  return math(...parts);
}
const atomOf = (node, element) => node.op === 'constant' && node.array && isScalar(node.shape) ? numberTerm(node.array.data[0]) : atom(element);
const valueTerm = node => {
  if (isScalar(node.shape) && node.array) {
    const term = numberTerm(node.array.data[0]);
    return {binding: term.binding, element: coloured(row(term.element), 'm-value')};
  }
  return atom(arrayMath(node.array, node.value, 'm-value'));
};

/// The rule of a step in symbols: the factor of an elementwise operation, the whole contribution of others.
function ruleMath(step) {
  const {nodes, rules} = state.act, user = nodes[step.user];
  if (step.rule < 0) return null;
  const terms = {c: atom(derivativeMath(step.user)), y: atomOf(user, nodeMath(user))};
  user.in.forEach((operand, k) => { terms['x' + k] = atomOf(nodes[operand], nodeMath(nodes[operand])); });
  return ruleTerm(rules[step.rule], terms);
}

function reverseFormula(step) {
  const {nodes, rules} = state.act, user = nodes[step.user];
  const elementwiseRule = step.rule >= 0 && rules[step.rule].elementwise;
  const times = isScalar(user.shape) ? '·' : '∘';
  const parts = [derivativeMath(step.operand), mo('+='), ];
  if (elementwiseRule) {
    parts.push(derivativeMath(step.user), mo(times), derivative(nodeMath(user), nodeMath(nodes[step.operand])), mo('='));
    const small = user.shape.length === 0 || sizeOf(user.shape) <= 4;
    if (small) {
      const c = state.act.adjointAt(step.user, Infinity);
      const factor = step.localArray && isScalar(user.shape) ? numberTerm(step.localArray.data[0]) : atom(arrayMath(step.localArray, step.local, ''));
      parts.push(arrayMath(c === 'figure' ? null : c, user.adjoint, 'm-adjoint'), mo('·'),
                 row(bound(factor, 3.5)), mo('='));
    }
  } else {
    const rule = ruleMath(step);
    if (rule) parts.push(rule.element, mo('='));
  }
  parts.push(coloured(row(arrayMath(step.contributionArray, step.contribution, 'm-sum')), 'm-sum'));
  return math(...parts);
}

/// The running sum where several contributions arrive.
function sumText(step, index) {
  const arrivals = state.act.arrivals.get(step.operand), place = arrivals.indexOf(index);
  if (arrivals.length < 2) return null;
  const before = arrivals.slice(0, place).map(k => state.act.steps[k]);
  const previous = before.length ? brief(before[before.length - 1].sumArray, null) : '0';
  const element = h('span', {class: 'sum'}, `contribution ${place + 1} of ${arrivals.length}:  ${previous} + ${brief(step.contributionArray, step.contribution)} = `,
                    h('b', {}, brief(step.sumArray, step.sumArray ? null : state.act.nodes[step.operand].adjoint)));
  return element;
}

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
  if (on) flags.add(name); else flags.delete(name);
  element.classList.toggle(name, on);
}

function draw() {
  const {act, stage, t} = state, now = act.script[t];
  for (const [id, {group, texts}] of stage.nodeElements) {
    const node = act.nodes[id];
    if (!node || !act.walk) continue;
    const known = act.knownAt(id, t), complete = act.completeAt(id, t);
    setClass(group, 'waiting', !known);
    if (texts.value) setText(texts.value, known ? brief(node.array, node.value) : '·');
    if (texts.adjoint && node.order === 0) {
      const arrived = act.adjointAt(id, t);
      const text = arrived === null ? '·' : arrived === 'figure' ? brief(null, complete ? node.adjoint : null) : brief(arrived);
      setText(texts.adjoint, '∂ ' + text + (arrived !== null && !complete ? ' …' : ''));
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
  if (!step.localArray) return;
  for (const {label} of linesOf(step.user, step.operand, step.position)) if (label) setText(label, isScalar(step.localArray.shape) ? brief(step.localArray) : `‖${short(magnitude(step.localArray), 3)}‖`);
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
  } else if (now.kind === 'seed') {
    node(act.output, 'now-to');
  } else if (now.kind === 'reverse') {
    const step = act.steps[now.step];
    node(step.user, 'now-from');
    node(step.operand, 'now-to');
    if (step.adjoint >= 0) node(step.adjoint, 'now-to');
    lines(step.user, step.operand, step.position, 'now-reverse');
  }
}

/// The gradient, as far as it fits.
function gradientParts() {
  const {act} = state, chosen = act.ids.filter(id => act.nodes[id].parameter && act.nodes[id].adjointArray);
  const shown = chosen.slice(0, 6), each = shown.map(id =>
      math(derivativeMath(id), mo('='), arrayMath(act.nodes[id].adjointArray, act.nodes[id].adjoint, 'm-sum')));
  const rest = chosen.length - shown.length;
  return [...each, h('span', {class: 'sum'}, rest > 0 ? `and ${rest} more at the right` : 'Every adjoint is complete.')];
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
    spoken = `Forward: ${node.shown} is ${brief(node.array, node.value)}.`;
  } else if (now.kind === 'seed') {
    const name = nameMath(act.resultName());
    [label, kind] = ['reverse', 'reverse'];
    parts = [math(coloured(derivative(name.cloneNode(true), name.cloneNode(true)), 'm-adjoint'), mo('='), mn(1)),
             h('span', {class: 'sum'}, 'The reverse sweep begins at the result.')];
    spoken = 'The reverse sweep begins: the derivative of the result by itself is 1.';
  } else if (now.kind === 'reverse') {
    const step = act.steps[now.step], [user, operand] = [act.nodes[step.user], act.nodes[step.operand]];
    [label, kind] = [`reverse ${now.step + 1}/${act.steps.length}`, 'reverse'];
    parts = [reverseFormula(step), sumText(step, now.step)];
    spoken = `Reverse: ${user.shown} passes to ${operand.shown}: ` +
        (step.localArray && isScalar(user.shape) ? `${brief(act.adjointAt(step.user, Infinity), user.adjoint)} times ${brief(step.localArray)} is ` : '') +
        `${brief(step.contributionArray, step.contribution)}. Sum ${brief(step.sumArray, operand.adjoint)}.`;
  }
  else if (now.kind === 'end') {
    [label, kind, parts] = ['gradient', 'reverse', gradientParts()];
    spoken = 'Every adjoint is complete.';
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

// ---- what is chosen

function choose(id, focus = false) {
  state.chosen = id;
  const {stage, act} = state;
  for (const [element, name] of stage.lit || []) setClass(element, name, false);
  stage.lit = [];
  const light = (element, name) => {
    setClass(element, name, true);
    stage.lit.push([element, name]);
  };
  if (id !== null) {
    const shown = stage.nodeElements.get(id);
    if (shown) {
      light(shown.group, 'chosen');
      if (focus) {
        shown.group.focus({preventScroll: true});
        stage.bringIntoView(shown.item);
      }
    }
    for (const other of partners(id)) {
      const tied = stage.nodeElements.get(other);
      if (tied) light(tied.group, 'tied');
    }
    act.nodes[id].in.forEach((operand, k) => linesOf(id, operand, k).forEach(({group}) => light(group, 'near')));
    for (const k of act.arrivals.get(id) || []) {
      linesOf(act.steps[k].user, id, act.steps[k].position).forEach(({group}) => light(group, 'near'));
    }
  }
  showChosen();
}

/// The adjoint of a node, or the nodes that it is the adjoint of.
function partners(id) {
  const node = state.act.nodes[id];
  if (node.order > 0) return state.act.adjointOf.get(id) || state.act.steps.filter(step => step.adjoint === id).map(step => step.operand);
  return node.adjoint_node >= 0 ? [node.adjoint_node] : [];
}

function nodeLink(id) {
  const node = state.act.nodes[id];
  if (node.op === 'constant' && node.array && isScalar(node.shape)) return h('span', {}, short(node.array.data[0]));
  return h('button', {type: 'button', class: 'link' + (node.order > 0 ? ' backward' : ''), onclick: () => reveal(id)}, node.shown);
}

function reveal(id) {
  const box = state.stage.boxOfNode.get(id);
  if (box !== undefined && !state.stage.nodeElements.has(id)) {
    state.stage.reveal(box);
    rebuild(false);
  }
  choose(id, true);
}

function figureParts(array, figure, kind) {
  const known = array || (figure && figure.elements ? {data: Float64Array.from(figure.elements, numberOf), shape: [figure.elements.length]} : null);
  if (known && known.data.length === 1) return [];
  const statistics = known ? statisticsOf(known) : figure;
  if (!statistics || statistics.least === undefined) return [];
  const parts = [];
  const title = kind === 'd' ? 'adjoint' : 'value';
  parts.push(h('p', {class: 'quiet'}, `${title}: norm ${short(numberOf(statistics.norm))}, mean ${short(numberOf(statistics.mean))}, ` +
                                      `${statistics.zeros} zeros` + (statistics.not_finite ? `, ${statistics.not_finite} not finite` : '')));
  parts.push(heat(statistics, kind), histogram(statistics, kind));
  parts.push(h('div', {class: 'ends'}, h('span', {}, short(numberOf(statistics.least))), h('span', {}, 'least … most'),
               h('span', {}, short(numberOf(statistics.most)))));
  return parts;
}

function statisticsOf({data: elements, shape}) {
  const good = elements.filter(Number.isFinite), least = Math.min(...good), most = Math.max(...good), bins = new Array(24).fill(0);
  for (const x of good) ++bins[most > least ? Math.min(23, Math.floor((x - least) / (most - least) * 24)) : 0];
  const columns = shape.length > 1 ? shape[shape.length - 1] : elements.length;
  return {norm: Math.sqrt(good.reduce((sum, x) => sum + x * x, 0)), mean: good.reduce((sum, x) => sum + x, 0) / good.length,
          zeros: good.filter(x => x === 0).length, not_finite: elements.length - good.length, least, most, histogram: bins,
          rows: elements.length / columns, columns, heat: [...elements]};
}

/// Blue below 0, orange above, the darker the larger.
function heat({rows, columns, heat: cells, least, most}, kind) {
  const canvas = h('canvas', {class: 'heat', width: columns, height: rows, role: 'img', 'aria-label': `heat map of the ${kind === 'd' ? 'adjoint' : 'value'}, ${rows} × ${columns}`});
  const context = canvas.getContext('2d'), image = context.createImageData(columns, rows);
  const scale = Math.max(Math.abs(numberOf(least)), Math.abs(numberOf(most))) || 1;
  cells.forEach((cell, k) => {
    const x = numberOf(cell) / scale, t = Math.min(1, Math.sqrt(Math.abs(x)));
    const end = Number.isFinite(x) ? (x < 0 ? [0, 114, 178] : [213, 94, 0]) : [208, 0, 0];
    for (let c = 0; c < 3; ++c) image.data[4 * k + c] = 247 + (end[c] - 247) * (t === t ? t : 1);
    image.data[4 * k + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  const cell = Math.min(26, 324 / columns, Math.max(150 / rows, 2));
  canvas.style.width = `${columns * cell}px`;
  canvas.style.height = `${Math.max(rows * cell, 10)}px`;
  return canvas;
}
function histogram({histogram: bins}, kind) {
  const most = Math.max(...bins, 1), width = 324 / bins.length;
  return s('svg', {class: 'histogram ' + kind, viewBox: '0 0 324 44', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
           ...bins.map((count, k) => s('rect', {x: k * width + 0.5, y: 44 - 42 * count / most, width: width - 1, height: 42 * count / most})));
}

function location(node) {
  if (!node.file) return null;
  const text = `${node.file}:${node.line}`;
  if (!data.link) return h('p', {class: 'quiet'}, text);
  // Only these schemes: a link must not run a script.
  const target = data.link.replace('{file}', () => encodeURI(node.file)).replace('{line}', () => String(node.line));
  if (!/^(file|https?|vscode|vscode-insiders|cursor|idea|clion|subl|emacs|txmt|zed):/i.test(target)) return h('p', {class: 'quiet'}, text);
  return h('p', {class: 'quiet'}, h('a', {href: target}, text));
}

function showChosen() {
  const place = $('chosen'), {act, t} = state;
  if (state.chosen === null) {
    place.replaceChildren(h('h2', {}, data.title || 'Nothing is chosen'),
                          h('p', {class: 'quiet nothing'}, `${act.size} nodes, ${act.steps.length} steps of the reverse sweep. Choose a box to see its value, its adjoint and its rule.`));
    return;
  }
  const id = state.chosen, node = act.nodes[id], operation = data.operations[node.op] || {symbol: node.op, doc: ''};
  const parts = [h('h2', {}, node.shown),
                 h('p', {class: 'quiet'}, `${node.op === 'variable' ? (node.parameter ? 'parameter' : 'input') : node.op} · ${typeText(node)}`), location(node)];
  const arrived = node.order === 0 ? act.adjointAt(id, t) : null, known = act.knownAt(id, t);
  const pair = h('div', {class: 'pair'}, h('div', {class: 'v'}, h('span', {}, 'value'), h('strong', {}, known ? brief(node.array, node.value) : '·')));
  if (node.order === 0) {
    pair.append(h('div', {class: 'd'}, h('span', {}, act.completeAt(id, t) || arrived === null ? 'adjoint ∂' : 'adjoint ∂, so far'),
                  h('strong', {}, arrived === null ? '·' : arrived === 'figure' ? brief(null, node.adjoint) : brief(arrived))));
  }
  parts.push(pair);
  for (const other of partners(id)) {
    parts.push(h('p', {class: 'quiet'}, node.order > 0 ? 'belongs to ' : 'its adjoint in the graph of the gradient: ', nodeLink(other)));
  }
  if (known && node.in.length) parts.push(h('h3', {}, 'Value'), h('div', {class: 'math'}, forwardFormula(id)));
  if (known) parts.push(...figureParts(node.array, node.value, 'v'));
  if (arrived !== null) parts.push(...figureParts(arrived === 'figure' ? null : arrived, node.adjoint, 'd'));
  const passing = act.steps.filter(step => step.user === id);
  if (passing.length) {
    parts.push(h('h3', {}, 'Rule: what it passes back'));
    for (const step of passing) {
      const rule = ruleMath(step), elementwiseRule = step.rule >= 0 && act.rules[step.rule].elementwise;
      const left = elementwiseRule ? derivative(nodeMath(node), nodeMath(act.nodes[step.operand])) : derivativeMath(step.operand);
      const right = rule ? [mo(elementwiseRule ? '=' : '+='), rule.element] : [mo('by'), m('mtext', 'the rule of ' + node.op)];
      const numbers = elementwiseRule && (step.localArray || step.local) && !(rule && rule.element.localName === 'mn') ?
          [mo('='), arrayMath(step.localArray, step.local, '')] : [];
      parts.push(h('div', {class: 'math'}, math(left, ...right, ...numbers)));
    }
  }
  const arrivals = act.arrivals.get(id) || [];
  if (arrivals.length && node.order === 0) {
    const table = h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, 'from'), h('th', {}, 'adjoint'), h('th', {}, '× local'), h('th', {}, 'contribution'))));
    const body = h('tbody');
    for (const k of arrivals) {
      const step = act.steps[k], user = act.nodes[step.user];
      body.append(h('tr', {}, h('td', {}, nodeLink(step.user)), h('td', {class: 'adjoint'}, brief(user.adjointArray, user.adjoint)),
                    h('td', {}, step.localArray || step.local ? brief(step.localArray, step.local) : 'rule'),
                    h('td', {class: 'adjoint'}, brief(step.contributionArray, step.contribution))));
    }
    table.append(body, h('tfoot', {}, h('tr', {}, h('td', {}, 'sum'), h('td'), h('td'), h('td', {class: 'adjoint'}, brief(node.adjointArray, node.adjoint)))));
    parts.push(h('h3', {}, 'Adjoint: what arrives'), table);
  }
  if (operation.doc) parts.push(h('h3', {}, node.op), h('p', {class: 'quiet'}, operation.doc));
  place.replaceChildren(...parts.filter(Boolean));
}

// ---- inputs

const mostCells = 64;

function showInputs() {
  const place = $('inputs'), {act} = state;
  const variables = act.ids.filter(id => act.nodes[id].op === 'variable' && act.nodes[id].order === 0);
  if (!variables.length) return place.replaceChildren();
  const parts = [h('h3', {}, 'Inputs and parameters')];
  const can = act.obstacles.length === 0;
  if (!can) {
    parts.push(h('p', {class: 'warn'}, `The page cannot compute this graph anew: ${act.obstacles.slice(0, 4).join(', ')}` +
                                       `${act.obstacles.length > 4 ? ` and ${act.obstacles.length - 4} more` : ''}. The numbers are those of the recording.`));
  }
  const table = h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, 'name'), h('th', {}, 'value'), h('th', {}, 'gradient'))));
  const body = h('tbody');
  const most = 200;
  for (const id of variables.slice(0, most)) {
    const node = act.nodes[id], size = sizeOf(node.shape);
    const value = size === 1 && node.array ? edit(id, 0, can) : h('span', {id: `value-${id}`}, brief(node.array, node.value));
    body.append(h('tr', {}, h('td', {}, nodeLink(id)), h('td', {class: 'value'}, value),
                  h('td', {class: 'adjoint', id: `gradient-${id}`}, node.adjoint || node.adjointArray ? brief(node.adjointArray, node.adjoint) : '–')));
    if (size > 1 && size <= mostCells && node.array) {
      const columns = node.shape[node.shape.length - 1], grid = h('div', {class: 'grid'});
      grid.style.gridTemplateColumns = `repeat(${Math.min(columns, 8)}, minmax(52px, 1fr))`;
      for (let k = 0; k < size; ++k) grid.append(edit(id, k, can));
      body.append(h('tr', {}, h('td', {colSpan: 3}, grid)));
    }
  }
  table.append(body);
  parts.push(table);
  if (variables.length > most) parts.push(h('p', {class: 'quiet'}, `and ${variables.length - most} more`));
  if (can) parts.push(h('p', {class: 'quiet', id: 'computed'}, 'Edit a number: everything is computed anew in this page.'));
  place.replaceChildren(...parts);
}

/// After an edit. The fields stay, and so does the focus.
function updateInputs() {
  const {act} = state;
  for (const id of act.ids) {
    const node = act.nodes[id], [value, gradient] = [$(`value-${id}`), $(`gradient-${id}`)];
    if (value) value.textContent = brief(node.array, node.value);
    if (gradient && node.adjointArray) gradient.textContent = brief(node.adjointArray, node.adjoint);
  }
  $('computed').replaceChildren(`Computed in this page, in ${short(act.computeTime, 2)} ms. `,
                                h('button', {type: 'button', class: 'link', onclick: reset}, 'Back to the recording'));
}

function edit(id, k, can) {
  const node = state.act.nodes[id], here = () => node.array.data[k];
  // All digits where somebody is about to change them, else those that there is room for.
  const room = sizeOf(node.shape) > 1 ? 4 : 9;
  const field = h('input', {class: 'edit', type: 'text', inputMode: 'decimal', value: short(here(), room), disabled: !can, title: exact(here()),
                            'aria-label': sizeOf(node.shape) > 1 ? `${node.shown}, element ${k}` : node.shown});
  const take = () => {
    const value = numberFrom(field.value);
    field.setAttribute('aria-invalid', value === null);
    if (value !== null && !Object.is(value, here())) setInput(id, k, value);
    field.title = exact(here());
    return value !== null;
  };
  field.addEventListener('focus', () => {
    if (field.getAttribute('aria-invalid') === 'true') return;
    field.value = exact(here());
    field.select();
  });
  field.addEventListener('keydown', event => { if (event.key === 'Enter') take(); });
  field.addEventListener('blur', () => { if (take()) field.value = short(here(), room); });
  return field;
}
function numberFrom(text) {
  const trimmed = text.trim().replaceAll('−', '-').toLowerCase();
  const word = numberOf(trimmed);
  if (typeof word === 'number') return word;
  return trimmed === '' || !Number.isFinite(Number(trimmed)) ? null : Number(trimmed);
}

function setInput(id, k, value) {
  const node = state.act.nodes[id], begin = performance.now();
  const elements = node.array.data.slice();
  elements[k] = node.dtype === 'f32' ? Math.fround(value) : value;
  node.array = {...node.array, data: elements};
  node.value = null;
  state.act.compute();
  draw();
  showChosen();
  updateInputs();
  state.reaction = performance.now() - begin;
}

function reset() {
  const place = acts.indexOf(state.act);
  acts[place] = new Act(JSON.parse($('data').textContent).acts[place]);
  const {t} = state;
  open(acts[place]);
  goto(t);
}

// ---- folding, acts, search

function rebuild(fits) {
  const {stage, act} = state;
  stage.render();
  for (const [id, {group}] of stage.nodeElements) {
    const node = act.nodes[id];
    if (node) group.setAttribute('aria-label', `${node.shown}, ${node.op}`);
    if (node && node.name === '' && node.order === 0 && node.op !== 'constant') {
      const {item} = stage.nodeElements.get(id), tag = s('text', {x: item.x + 3, y: item.y - 3, class: 't-tag'});
      tag.textContent = node.shown;
      group.append(tag);
    }
    const tooltip = s('title');
    tooltip.textContent = stage.nodeElements.get(id).item.box.tooltip.join('\n');
    group.append(tooltip);
  }
  if (fits) stage.fit();
  $('gradient').setAttribute('aria-pressed', stage.gradientShown);
  $('gradient').hidden = !stage.hasGradient;
  const foldable = stage.foldableFrames.length + act.repetitions.length > 0;
  $('fold').hidden = !foldable;
  $('fold').textContent = stage.foldedFrames.size + stage.foldedRepetitions.size > 0 ? 'Unfold' : 'Fold';
  const notes = act.notes.map(note => h('li', {}, note));
  if (stage.foldedByItself) {
    notes.unshift(h('li', {class: 'important'}, `${act.boxes.length} boxes are more than ${foldLimit}: scopes and what repeats are folded. Click a folded box to open it.`));
  }
  if (stage.foldedToRead && stage.foldedRepetitions.size) {
    notes.unshift(h('li', {class: 'important'}, 'What repeats is drawn once, to be readable: its boxes have the numbers of the first time. f unfolds it.'));
  }
  $('notes').replaceChildren(...notes);
  draw();
  choose(state.chosen);
}

function setFold(kind, k, isFolded) {
  const set = kind === 'frame' ? state.stage.foldedFrames : state.stage.foldedRepetitions;
  if (isFolded) set.delete(k); else set.add(k);
  rebuild(true);
}

function foldAll() {
  const {stage, act} = state;
  if (state.chosen !== null && stage.nodeElements.has(state.chosen)) {
    const box = act.boxes[stage.boxOfNode.get(state.chosen)];
    for (let f = box.frame; f >= 0; f = act.frames[f].parent) if (act.frames[f].kind === 'scope') return setFold('frame', f, false);
    if (box.repetition !== undefined) return setFold('repetition', box.repetition, stage.foldedRepetitions.has(box.repetition));
  }
  if (stage.foldedFrames.size + stage.foldedRepetitions.size > 0) {
    stage.foldedFrames.clear();
    stage.foldedRepetitions.clear();
  } else {
    stage.foldableFrames.forEach(k => stage.foldedFrames.add(k));
    act.repetitions.forEach((_, k) => stage.foldedRepetitions.add(k));
  }
  rebuild(true);
}

function open(act) {
  stop();
  const gradientShown = state.stage ? state.stage.gradientShown : false;
  state.act = act;
  state.chosen = null;
  state.t = act.script.length - 1;
  state.stage = new Stage($('picture'), act, item => item.box.node >= 0 && act.nodes[item.box.node] ? choose(item.box.node, true) : null, setFold);
  state.stage.gradientShown = gradientShown;
  $('slider').max = act.script.length - 1;
  $('slider').disabled = $('play').disabled = act.script.length < 2;
  const turn = act.seedAt === undefined ? 1 : (act.seedAt - 1) / (act.script.length - 1);
  $('turn').style.width = `${100 * turn}%`;
  for (const [k, tab] of [...$('acts').children].entries()) tab.setAttribute('aria-selected', acts[k] === act);
  rebuild(true);
  state.stage.foldToRead();
  if (state.stage.foldedToRead) rebuild(true);
  showInputs();
}

function search(next) {
  const wanted = $('search').value.trim().toLowerCase(), {act, stage} = state;
  for (const element of stage.svg.querySelectorAll('.found')) element.classList.remove('found');
  if (wanted === '') {
    $('found').textContent = '';
    return;
  }
  const hits = act.boxes.map((box, k) => ({box, k})).filter(({box}) =>
      box.texts.some(([kind, text]) => kind !== 'value' && kind !== 'adjoint' && text.toLowerCase().includes(wanted)) ||
      (act.nodes[box.node] && [act.nodes[box.node].shown, act.nodes[box.node].op].some(text => text.toLowerCase().includes(wanted))));
  for (const {box} of hits) {
    const shown = stage.nodeElements.get(box.node);
    if (shown) shown.group.classList.add('found');
  }
  $('found').textContent = String(hits.length);
  if (!next || !hits.length) return;
  state.hit = ((state.hit ?? -1) + 1) % hits.length;
  const {box} = hits[state.hit];
  if (box.node >= 0 && act.nodes[box.node]) reveal(box.node);
  $('search').focus();
}

// ---- events

function key(event) {
  const typing = event.target.matches('input:not([type="range"]), textarea');
  if (event.ctrlKey || event.metaKey || event.altKey || $('manual').open) return;
  if (typing) {
    if (event.key === 'Escape') event.target.blur();
    if (event.key === 'Enter' && event.target.id === 'search') search(true);
    return;
  }
  const {act, stage, t} = state;
  const move = direction => {
    const ids = [...stage.nodeElements.keys()].filter(id => act.nodes[id]).sort((a, b) => a - b);
    if (!ids.length) return;
    const place = ids.indexOf(state.chosen);
    choose(ids[place < 0 ? 0 : (place + direction + ids.length) % ids.length], true);
  };
  const actions = {
    ArrowRight: () => goto(t + 1), ArrowLeft: () => goto(t - 1), Home: () => goto(0), End: () => goto(act.script.length - 1),
    PageDown: () => goto(t + 10), PageUp: () => goto(t - 10), ArrowDown: () => move(1), ArrowUp: () => move(-1), ' ': play,
    Escape: () => choose(null), g: toggleGradient, f: foldAll, '+': () => stage.zoom(1.25), '=': () => stage.zoom(1.25),
    '-': () => stage.zoom(0.8), 0: () => stage.fit(), '/': () => $('search').focus(), '?': () => $('manual').showModal(),
    a: () => {
      const [other] = state.chosen === null ? [] : partners(state.chosen);
      if (other !== undefined) reveal(other);
    },
  };
  if (event.key === ' ' && event.target.matches('button')) return;
  if (actions[event.key]) {
    event.preventDefault();
    actions[event.key]();
  }
}

function toggleGradient() {
  state.stage.gradientShown = !state.stage.gradientShown;
  rebuild(true);
}

function listen() {
  const stage = () => state.stage, svg = $('picture');
  $('slider').addEventListener('input', event => goto(+event.target.value));
  for (const [id, action] of Object.entries({
    first: () => goto(0), previous: () => goto(state.t - 1), next: () => goto(state.t + 1), last: () => goto(Infinity), play,
    smaller: () => stage().zoom(0.8), larger: () => stage().zoom(1.25), fit: () => stage().fit(), gradient: toggleGradient, fold: foldAll,
    help: () => $('manual').showModal(),
    theme: () => {
      const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
      document.documentElement.dataset.theme = dark ? 'light' : 'dark';
    },
  })) $(id).addEventListener('click', action);
  $('search').addEventListener('input', () => {
    state.hit = -1;
    search(false);
  });
  document.addEventListener('keydown', key);
  svg.addEventListener('wheel', event => {
    event.preventDefault();
    const at = svg.getBoundingClientRect();
    stage().zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.clientX - at.left, event.clientY - at.top);
  }, {passive: false});
  let drag = null;
  svg.addEventListener('pointerdown', event => { drag = {x: event.clientX, y: event.clientY, moved: false}; });
  svg.addEventListener('pointermove', event => {
    if (!drag || !event.buttons) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 4) return;
    if (!drag.moved) svg.setPointerCapture(event.pointerId);
    drag.moved = true;
    svg.classList.add('dragging');
    stage().pan(event.clientX - drag.x, event.clientY - drag.y);
    drag.x = event.clientX;
    drag.y = event.clientY;
  });
  svg.addEventListener('pointerup', () => svg.classList.remove('dragging'));
  svg.addEventListener('click', () => {
    if (!drag || !drag.moved) choose(null);
    drag = null;
  });
  const resized = () => {
    stage().measure();
    stage().fit();
  };
  new ResizeObserver(resized).observe(svg);
  addEventListener('beforeprint', resized);
}

function begin() {
  $('title').textContent = data.title || 'Wengert';
  if (acts.length > 1) {
    $('acts').append(...acts.map(act => h('button', {type: 'button', role: 'tab', onclick: () => open(act)}, `${act.title} · ${act.size}`)));
  }
  const entry = (name, text) => h('li', {}, h('i', {class: name}), text);
  $('key').append(entry('input', 'input'), entry('parameter', 'parameter'), entry('output', 'result'), entry('order1', 'gradient'),
                  h('li', {}, h('b', {class: 'ink-value'}, '0.5'), 'value'), h('li', {}, h('b', {class: 'ink-adjoint'}, '∂ 0.5'), 'adjoint'));
  open(acts[0]);
  listen();
}
begin();

// For tests: the state, and what a user does by hand.
window.theatre = {state, acts, goto, choose, setInput, open, rebuild};
