// ---- act: a graph of the page, its script of steps, and its numbers computed anew.

const data = JSON.parse(document.getElementById('data').textContent);
const $ = id => document.getElementById(id);
function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'class')
      element.className = value;
    else if (key in element)
      element[key] = value;
    else
      element.setAttribute(key, value);
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

const magnitude = array =>
    array.data.length === 1 ? array.data[0] : Math.sqrt(array.data.reduce((sum, x) => sum + x * x, 0));
/// The first few of some texts.
const listed = (texts, between = ', ', most = 4) =>
    texts.slice(0, most).join(between) + (texts.length > most ? ` and ${texts.length - most} more` : '');
const isScalar = shape => sizeOf(shape) === 1;

/// An act of the page, ready to be computed: nodes by id, their names, the script of its steps.
class Act {
  constructor(act) {
    Object.assign(this, act);
    this.ids = Object.keys(act.nodes).map(Number).sort((a, b) => a - b);
    const toArray = (figure, node) => figure && figure.elements && figure.elements.length === sizeOf(node.shape) ?
        arrayOf(node.shape, figure.elements.map(numberOf), node.dtype) :
        null;
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
    const letter =
        ['v', 'w', 't', 'n'].find(l => ![...taken].some(name => new RegExp(`^${l}\\d+$`).test(name))) || 'node';
    for (const id of this.ids) {
      const node = this.nodes[id];
      if (node.name !== '')
        node.shown = node.name;
      else if (node.op === 'constant')
        node.shown = node.array && isScalar(node.shape) ? short(node.array.data[0]) : 'constant';
      else if (node.order === 0)
        node.shown = letter + ++unnamed;
      else
        node.shown = this.adjointOf.has(id) ?
            '∂' + this.resultName() + '/∂' + this.nodes[this.adjointOf.get(id)[0]].shown :
            'g' + id;
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
    this.changed = new Set();  // the variables that were edited
  }

  resultName() {
    return this.nodes[this.output] && this.nodes[this.output].name || 'f';
  }

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

  // An edited input is carried on as far as the page can. What does not depend on it stays as it was recorded; what
  // depends on it and cannot be computed is unknown, and says why: {why, from}, from being the node where it stops.

  /// What stops an edited input on its way, whichever it is: a clause for what is not computed, one for what is too
  /// large.
  findObstacles() {
    if (!this.walk) return ['the graph is too large'];
    const computed = new Set(), carried = [];
    for (const id of this.ids) {
      const node = this.nodes[id], size = sizeOf(node.shape), what = obstacle(node);
      if (node.order > 0) continue;
      if (what) computed.add(what);
      node.obstacle = what ? `the page does not compute ${what}` : '';
      if (node.in.length || node.array) continue;
      node.obstacle = `the page does not have its ${size} elements`;
      carried.push(`${node.shown} (${size})`);
    }
    for (const rule of this.rules) {
      const missing = node => obstacle(node) || (node.op === 'constant' && !node.array ? 'a constant of a rule' : '');
      rule.obstacle = rule.nodes.map(missing).find(Boolean) || '';
      rule.reads = readBy(rule);
    }
    for (const {user, rule} of this.steps) {
      const why = rule < 0 ? `the rule of ${this.nodes[user].op}` : this.rules[rule].obstacle;
      if (why) computed.add(why);
    }
    return [
      computed.size ? `the page does not compute ${listed([...computed])}` : '',
      carried.length ? `${computed.size ? 'it' : 'the page'} does not have the elements of ${listed(carried)}` : ''
    ].filter(Boolean);
  }

  /// What is unknown because of an operand, whose elements must be there; null: nothing.
  hindrance(id) {
    const {unknown, array, shown, shape} = this.nodes[id];
    if (unknown) return unknown;
    return array ? null : {why: `the page does not have the ${sizeOf(shape)} elements of ${shown}`, from: id};
  }

  /// The values that depend on what was edited, and the elements of those that only statistics are known of.
  computeValues() {
    for (const id of this.ids) {
      const node = this.nodes[id];
      node.changed = this.changed.has(id) || node.in.some(operand => this.nodes[operand].changed);
      if (!node.in.length || (!node.changed && node.array)) continue;
      const why = obstacle(node),
            hindrance = node.in.map(operand => this.hindrance(operand)).find(Boolean) ||
          (why ? {why: `the page does not compute ${why}`, from: id} : null);
      node.array = hindrance ? null : apply(node, node.in.map(operand => this.nodes[operand].array));
      if (!node.changed) continue;
      node.unknown = hindrance;
      node.value = null;
    }
  }

  /// What keeps a step from being computed; null: nothing. `c`: the adjoint of its user.
  stepHindrance(step, c) {
    const rule = this.rules[step.rule], user = this.nodes[step.user];
    if (c.unknown) return c.unknown;
    const why = rule ? rule.obstacle : `the rule of ${user.op}`;
    if (why) return {why: `the page does not compute ${why}`, from: step.user};
    if (!c.array) return {why: `the adjoint of ${user.shown} has more elements than the page has`, from: step.user};
    const operands = user.in.filter((_, k) => rule.reads.has('x' + k));
    return [...(rule.reads.has('y') ? [step.user] : []), ...operands].map(id => this.hindrance(id)).find(Boolean) ||
        null;
  }

  /// Values, contributions, sums and adjoints, from the variables.
  compute() {
    const begin = performance.now();
    this.edited = true;
    this.computeValues();
    // By node, what has arrived so far: array (null where only statistics are known), changed, unknown.
    const sums = new Map(), one = this.nodes[this.output];
    if (this.seedAt !== undefined)
      sums.set(this.output, {array: {shape: one.shape, dtype: one.dtype, data: Float64Array.of(1)}});
    for (const step of this.steps) {
      const user = this.nodes[step.user], c = sums.get(step.user), before = sums.get(step.operand);
      step.changed = c.changed || user.changed || user.in.some(operand => this.nodes[operand].changed);
      if (step.changed || !step.contributionArray) {
        const hindrance = this.stepHindrance(step, c), x = user.in.map(operand => this.nodes[operand].array);
        const passed = hindrance ? {} : passOn(this.rules[step.rule], c.array, user.array, x);
        step.localArray = passed.local || null;
        step.contributionArray =
            passed.contribution ? {...passed.contribution, shape: this.nodes[step.operand].shape} : null;
        if (step.changed) Object.assign(step, {unknown: hindrance, contribution: null, local: null});
      }
      const part = step.contributionArray, changed = Boolean(step.changed || (before && before.changed));
      const sum = {changed, array: null, unknown: step.unknown || (before && before.unknown) || null};
      if (!sum.unknown && part && (!before || before.array))
        sum.array = before ? {...part, data: part.data.map((value, i) => value + before.array.data[i])} : part;
      if (!sum.unknown && !sum.array && changed) {
        const {shown} = this.nodes[step.operand];
        sum.unknown = {why: `the adjoint of ${shown} has more elements than the page has`, from: step.operand};
      }
      step.sumArray = sum.array;
      step.sumUnknown = sum.unknown;
      sums.set(step.operand, sum);
    }
    for (const [id, {array, changed, unknown}] of sums) {
      if (!changed) continue;
      Object.assign(this.nodes[id], {adjointArray: array, adjoint: null, adjointUnknown: unknown});
    }
    this.computeTime = performance.now() - begin;
  }

  /// After an edit, why something is unknown; each reason once.
  get unknown() {
    const found = new Set();
    for (const id of this.ids) {
      const {order, unknown, adjointUnknown} = this.nodes[id];
      if (order === 0) [unknown, adjointUnknown].filter(Boolean).forEach(({why}) => found.add(why));
    }
    return [...found];
  }

  /// What has arrived at a node after script position t: an array, 'figure' where only statistics are known, 'unknown'
  /// where an edited input is not carried on, or null.
  adjointAt(id, t) {
    if (this.seedAt === undefined || t < this.seedAt) return null;
    const node = this.nodes[id];
    if (id === this.output) return node.adjointArray;
    const indices = this.arrivals.get(id);
    if (!indices) return null;
    const done = t - this.seedAt - 1;
    let last = -1;
    for (const k of indices)
      if (k <= done)
        last = k;
      else
        break;
    if (last < 0) return null;
    if (this.steps[last].sumUnknown) return 'unknown';
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
const state = {
  act: acts[0],
  stage: null,
  t: 0,
  chosen: null,
  playing: null,
  reaction: 0
};
