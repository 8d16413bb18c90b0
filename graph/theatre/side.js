// ---- side: what is chosen, and the inputs.

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
      const node = act.nodes[id], adjoint = act.adjointAt(id, state.t);
      shown.group.setAttribute('aria-label', [
        `${node.shown}, ${node.op}`, act.knownAt(id, state.t) ? `value ${valueText(node)}` : '',
        adjoint ? `adjoint ${arrivedText(adjoint, node.adjoint)}` : ''
      ].filter(Boolean).join(', '));
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
  const {nodes, adjointOf, steps} = state.act, node = nodes[id];
  const found = node.order === 0 ? [node.adjoint_node] :
      adjointOf.has(id)          ? adjointOf.get(id) :
                                   steps.filter(step => step.adjoint === id).map(step => step.operand);
  return found.filter(other => nodes[other]);  // of a graph that is too large not every node is told
}

function nodeLink(id) {
  const node = state.act.nodes[id];
  if (node.op === 'constant' && node.array && isScalar(node.shape)) return h('span', {}, short(node.array.data[0]));
  return h(
      'button', {type: 'button', class: 'link' + (node.order > 0 ? ' backward' : ''), onclick: () => reveal(id)},
      node.shown);
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
  const known = array ||
      (figure && figure.elements ?
           {data: Float64Array.from(figure.elements, numberOf), shape: [figure.elements.length]} :
           null);
  if (known && known.data.length === 1) return [];
  const statistics = known ? statisticsOf(known) : figure;
  if (!statistics || statistics.least === undefined) return [];
  const parts = [];
  const title = kind === 'd' ? 'adjoint' : 'value';
  parts.push(
      h('p', {class: 'quiet'},
        `${title}: norm ${short(numberOf(statistics.norm))}, mean ${short(numberOf(statistics.mean))}, ` +
            `${statistics.zeros} zeros` + (statistics.not_finite ? `, ${statistics.not_finite} not finite` : '')));
  parts.push(heat(statistics, kind), histogram(statistics, kind));
  parts.push(
      h('div', {class: 'ends'}, h('span', {}, short(numberOf(statistics.least))), h('span', {}, 'least … most'),
        h('span', {}, short(numberOf(statistics.most)))));
  return parts;
}

function statisticsOf({data: elements, shape}) {
  const good = elements.filter(Number.isFinite), least = Math.min(...good), most = Math.max(...good),
        bins = new Array(24).fill(0);
  for (const x of good) ++bins[most > least ? Math.min(23, Math.floor((x - least) / (most - least) * 24)) : 0];
  const columns = shape.length > 1 ? shape[shape.length - 1] : elements.length;
  const rows = shape.length > 2 ? shape[shape.length - 2] : elements.length / columns;
  return {
    norm: Math.sqrt(good.reduce((sum, x) => sum + x * x, 0)),
    mean: good.reduce((sum, x) => sum + x, 0) / good.length,
    zeros: good.filter(x => x === 0).length,
    not_finite: elements.length - good.length,
    least,
    most,
    histogram: bins,
    rows,
    columns,
    heat: [...elements]
  };
}

/// Blue below 0, orange above, the darker the larger. Planes of rows × columns, one of them or several in rows.
function heat({rows, columns, heat: cells, least, most}, kind) {
  const planes = cells.length / (rows * columns), widest = Math.max(1, Math.floor(65 / (columns + 1)));
  const across = Math.ceil(planes / Math.ceil(planes / widest)), down = Math.ceil(planes / across);
  const width = across * (columns + 1) - 1, height = down * (rows + 1) - 1;
  const canvas = h('canvas', {
    class: 'heat',
    width,
    height,
    role: 'img',
    'aria-label': `heat map of the ${kind === 'd' ? 'adjoint' : 'value'}, ` + (planes > 1 ? `${planes} times ` : '') +
        `${rows} × ${columns}`
  });
  const context = canvas.getContext('2d'), image = context.createImageData(width, height);
  const scale = Math.max(Math.abs(numberOf(least)), Math.abs(numberOf(most))) || 1;
  cells.forEach((cell, k) => {
    const plane = Math.floor(k / (rows * columns)), row = Math.floor(k / columns) % rows;
    const x = plane % across * (columns + 1) + k % columns, y = Math.floor(plane / across) * (rows + 1) + row;
    const share = numberOf(cell) / scale, t = Math.min(1, Math.sqrt(Math.abs(share)));
    const end = Number.isFinite(share) ? (share < 0 ? [0, 114, 178] : [213, 94, 0]) : [208, 0, 0];
    const at = 4 * (y * width + x);
    for (let c = 0; c < 3; ++c) image.data[at + c] = 247 + (end[c] - 247) * (t === t ? t : 1);
    image.data[at + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  const cell = Math.min(26, 324 / width, Math.max(150 / height, 2));
  canvas.style.width = `${width * cell}px`;
  canvas.style.height = `${Math.max(height * cell, 10)}px`;
  return canvas;
}
function histogram({histogram: bins}, kind) {
  const most = Math.max(...bins, 1), width = 324 / bins.length;
  return s(
      'svg', {class: 'histogram ' + kind, viewBox: '0 0 324 44', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
      ...bins.map(
          (count, k) =>
              s('rect', {x: k * width + 0.5, y: 44 - 42 * count / most, width: width - 1, height: 42 * count / most})));
}

function location(node) {
  if (!node.file) return null;
  const text = `${node.file}:${node.line}`;
  if (!data.link) return h('p', {class: 'quiet'}, text);
  // Only these schemes: a link must not run a script.
  const target = data.link.replace('{file}', () => encodeURI(node.file)).replace('{line}', () => String(node.line));
  if (!/^(file|https?|vscode|vscode-insiders|cursor|idea|clion|subl|emacs|txmt|zed):/i.test(target))
    return h('p', {class: 'quiet'}, text);
  return h('p', {class: 'quiet'}, h('a', {href: target}, text));
}

function showChosen() {
  const place = $('chosen'), {act, t} = state;
  if (state.chosen === null) {
    place.replaceChildren(
        h('h2', {}, data.title || 'Nothing is chosen'),
        h('p', {class: 'quiet nothing'},
          `${act.size} nodes, ${
              act.steps.length} steps of the reverse sweep. Choose a box to see its value, its adjoint and its rule.`));
    return;
  }
  const id = state.chosen, node = act.nodes[id], operation = data.operations[node.op] || {symbol: node.op, doc: ''};
  const parts = [
    h('h2', {}, node.shown),
    h('p', {class: 'quiet'},
      `${node.op === 'variable' ? (node.parameter ? 'parameter' : 'input') : node.op} · ${typeText(node)}`),
    location(node)
  ];
  const arrived = node.order === 0 ? act.adjointAt(id, t) : null, known = act.knownAt(id, t);
  const pair =
      h('div', {class: 'pair'},
        h('div', {class: 'v'}, h('span', {}, 'value'), h('strong', {}, known ? valueText(node) : '·')));
  if (node.order === 0) {
    pair.append(
        h('div', {class: 'd'},
          h('span', {}, act.completeAt(id, t) || arrived === null ? 'adjoint ∂' : 'adjoint ∂, so far'),
          h('strong', {}, arrivedText(arrived, node.adjoint))));
  }
  parts.push(pair, ...limits(node));
  for (const other of partners(id)) {
    parts.push(
        h('p', {class: 'quiet'},
          node.order > 0 ? 'belongs to ' : 'its adjoint in the graph of the gradient: ', nodeLink(other)));
  }
  if (known && node.in.length && node.in.every(operand => act.nodes[operand]))
    parts.push(h('h3', {}, 'Value'), h('div', {class: 'math'}, forwardFormula(id)));
  if (known) parts.push(...figureParts(node.array, node.value, 'v'));
  if (arrived !== null) parts.push(...figureParts(typeof arrived === 'string' ? null : arrived, node.adjoint, 'd'));
  const passing = act.steps.filter(step => step.user === id);
  if (passing.length) {
    parts.push(h('h3', {}, 'Rule: what it passes back'));
    for (const step of passing) {
      const rule = ruleMath(step), elementwiseRule = step.rule >= 0 && act.rules[step.rule].elementwise;
      const left = elementwiseRule ? derivative(nodeMath(node), nodeMath(act.nodes[step.operand])) :
                                     derivativeMath(step.operand);
      const right =
          rule ? [mo(elementwiseRule ? '=' : '+='), rule.element] : [mo('by'), m('mtext', 'the rule of ' + node.op)];
      const numbers = elementwiseRule && (step.localArray || step.local) && !(rule && rule.element.localName === 'mn') ?
          [mo('='), arrayMath(step.localArray, step.local, '', step.unknown)] :
          [];
      parts.push(h('div', {class: 'math'}, math(left, ...right, ...numbers)));
    }
  }
  const arrivals = act.arrivals.get(id) || [];
  if (arrivals.length && node.order === 0) {
    const table =
        h('table', {},
          h('thead', {},
            h('tr', {}, h('th', {}, 'from'), h('th', {}, 'adjoint'), h('th', {}, '× local'),
              h('th', {}, 'contribution'))));
    const body = h('tbody');
    // What has not arrived yet at this step of the walk is not told: it would be out of nowhere.
    const done = t - act.seedAt - 1;
    for (const k of arrivals) {
      const step = act.steps[k], user = act.nodes[step.user], here = k <= done;
      body.append(
          h('tr', {class: here ? '' : 'waiting'}, h('td', {}, nodeLink(step.user)),
            h('td', {class: 'adjoint'}, act.completeAt(step.user, t) ? adjointText(user) : '·'),
            h('td', {}, localText(step)), h('td', {class: 'adjoint'}, here ? contributionText(step) : '·')));
    }
    const complete = act.completeAt(id, t);
    table.append(
        body,
        h('tfoot', {},
          h('tr', {}, h('td', {colSpan: 2}, complete ? 'sum' : 'sum so far'), h('td'),
            h('td', {class: 'adjoint'}, complete ? adjointText(node) : arrivedText(arrived, null)))));
    parts.push(h('h3', {}, 'Adjoint: what arrives'), table);
  }
  if (operation.doc) parts.push(h('h3', {}, node.op), h('p', {class: 'quiet'}, operation.doc));
  place.replaceChildren(...parts.filter(Boolean));
}

/// Where computing anew stops: what is not known of a node after an edit, and what would not be after another one.
function limits(node) {
  const {act} = state;
  const reason = (what, {why, from}) =>
      h('p', {class: 'warn'}, `${what} is not known for the edited input: ${why}`,
        ...(from === node.id ? [] : [' (', nodeLink(from), ')']), '.');
  const known = [['Its value', node.unknown], ['Its adjoint', node.adjointUnknown]].filter(([, why]) => why);
  if (act.edited && known.length) return known.map(([what, why]) => reason(what, why));
  if (!act.walk || !node.obstacle) return [];
  return [h('p', {class: 'warn'}, `An edited input is not carried on here: ${node.obstacle}.`)];
}

// ---- inputs

const mostCells = 64, mostColumns = 8;

/// 0 where the sweep brings nothing to a parameter; nothing where there is no sweep.
function gradientText(node) {
  if (node.adjoint || node.adjointArray || node.adjointUnknown) return adjointText(node);
  return state.act.seedAt !== undefined && node.parameter ? '0' : '–';
}

function showInputs() {
  const place = $('inputs'), {act} = state;
  const variables = act.ids.filter(id => act.nodes[id].op === 'variable' && act.nodes[id].order === 0);
  if (!variables.length) return place.replaceChildren();
  const parts = [h('h3', {}, 'Inputs and parameters')];
  const can = act.walk;
  if (act.obstacles.length) {
    const all = act.obstacles.join('; ');
    parts.push(
        h('p', {class: 'warn'},
          can ? `An edited input is not carried on everywhere: ${all}. What depends on it beyond becomes “?”.` :
                `Nothing is computed anew here: ${all}. The numbers are those of the recording.`));
  }
  const table =
      h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, 'name'), h('th', {}, 'value'), h('th', {}, 'gradient'))));
  const body = h('tbody');
  const most = 200;
  for (const id of variables.slice(0, most)) {
    const node = act.nodes[id], size = sizeOf(node.shape);
    const value = size === 1 && node.array ? edit(id, 0, can) : h('span', {id: `value-${id}`}, valueText(node));
    body.append(
        h('tr', {}, h('td', {}, nodeLink(id)), h('td', {class: 'value'}, value),
          h('td', {class: 'adjoint', id: `gradient-${id}`}, gradientText(node))));
    if (size > 1 && size <= mostCells && node.array) {
      const columns = node.shape[node.shape.length - 1], grid = h('div', {class: 'grid'});
      grid.style.gridTemplateColumns = `repeat(${Math.min(columns, mostColumns)}, minmax(60px, 1fr))`;
      for (let k = 0; k < size; ++k) grid.append(edit(id, k, can));
      body.append(h('tr', {}, h('td', {colSpan: 3}, grid)));
    }
  }
  table.append(body);
  parts.push(table);
  if (variables.length > most) parts.push(h('p', {class: 'quiet'}, `and ${variables.length - most} more`));
  if (can)
    parts.push(
        h('p', {class: 'quiet', id: 'computed', role: 'status'},
          'Edit a number: everything is computed anew in this page.'));
  place.replaceChildren(...parts);
}

/// After an edit. The fields stay, and so does the focus.
function updateInputs() {
  const {act} = state;
  for (const id of act.ids) {
    const node = act.nodes[id], [value, gradient] = [$(`value-${id}`), $(`gradient-${id}`)];
    if (value) value.textContent = valueText(node);
    if (gradient) gradient.textContent = gradientText(node);
  }
  const unknown = act.unknown;
  $('computed')
      .replaceChildren(
          `Computed in this page, in ${short(act.computeTime, 2)} ms. `,
          ...(unknown.length ?
                  [h('span', {class: 'important'}, `What is marked “?” is not known: ${listed(unknown, '; ')}. `)] :
                  []),
          h('button', {type: 'button', class: 'link', onclick: reset}, 'Back to the recording'));
}

function edit(id, k, can) {
  const node = state.act.nodes[id], here = () => node.array.data[k];
  // All digits where somebody is about to change them, else those that there is room for.
  const room = sizeOf(node.shape) === 1 ? 9 : Math.min(node.shape[node.shape.length - 1], mostColumns) > 5 ? 3 : 4;
  const field = h('input', {
    class: 'edit',
    type: 'text',
    inputMode: 'decimal',
    value: short(here(), room),
    disabled: !can,
    title: exact(here()),
    'aria-label': sizeOf(node.shape) > 1 ? `${node.shown}, element ${k}` : node.shown
  });
  const take = () => {
    const value = numberFrom(field.value);
    field.setAttribute('aria-invalid', value === null);
    if (value === null)
      $('computed').textContent = `“${field.value}” is not a number: ${node.shown} stays ${exact(here())}.`;
    else if (!Object.is(value, here()))
      setInput(id, k, value);
    field.title = exact(here());
    return value !== null;
  };
  field.addEventListener('focus', () => {
    if (field.getAttribute('aria-invalid') === 'true') return;
    field.value = exact(here());
    field.select();
  });
  field.addEventListener('keydown', event => {
    if (event.key === 'Enter') take();
  });
  field.addEventListener('blur', () => {
    if (take()) field.value = short(here(), room);
  });
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
  state.act.changed.add(id);
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
