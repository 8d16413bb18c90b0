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

  /// What keeps the page from computing anew: operations that it does not know, arrays that are too large or absent.
  findObstacles() {
    if (!this.walk) return ['a graph of this size'];
    const found = new Set();
    for (const id of this.ids) {
      const node = this.nodes[id];
      if (node.order > 0) continue;
      const why = obstacle(node);
      if (why)
        found.add(why);
      else if (!node.array)
        found.add(`${node.op} of ${sizeOf(node.shape)} elements`);
    }
    for (const step of this.steps) {
      if (step.rule < 0) found.add(`the rule of ${this.nodes[step.user].op}`);
    }
    for (const rule of this.rules) {
      for (const node of rule.nodes) {
        const why = obstacle(node);
        if (why)
          found.add(why);
        else if (node.op === 'constant' && !node.array)
          found.add('a constant of a rule');
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
    if (this.seedAt !== undefined)
      sums.set(this.output, {shape: one.shape, dtype: one.dtype, data: Float64Array.of(1)});
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
    for (const k of indices)
      if (k <= done)
        last = k;
      else
        break;
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
const state = {
  act: acts[0],
  stage: null,
  t: 0,
  chosen: null,
  playing: null,
  reaction: 0
};
