// ---- theatre: folding, acts, search, and what the reader does.

// ---- folding, acts, search

function rebuild(fits) {
  const {stage, act} = state;
  stage.render();
  for (const {box, element} of stage.items.values())
    if (box) element.setAttribute('aria-label', box.texts.map(([, text]) => text).join(', '));
  for (const [id, {group}] of stage.nodeElements) {
    const node = act.nodes[id];
    if (node) group.setAttribute('aria-label', `${node.shown}, ${node.op}`);
    if (node && node.name === '' && node.order === 0 && node.op !== 'constant') {
      const {item} = stage.nodeElements.get(id), tag = s('text', {x: item.x + 3, y: item.y - 3, class: 't-tag'});
      tag.textContent = node.shown;
      stage.nodeElements.get(id).tag = tag;
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
    notes.unshift(
        h('li', {class: 'important'},
          `${act.boxes.length} boxes are more than ${
              foldLimit}: scopes and what repeats are folded. Click a folded box to open it.`));
  }
  if (stage.foldedToRead && !stage.foldedByItself && stage.foldedFrames.size)
    notes.unshift(
        h('li', {class: 'important'}, 'Scopes are folded, to be readable. Click one to open it; f opens all of them.'));
  if (stage.foldedToRead && !stage.foldedByItself && stage.foldedRepetitions.size) {
    notes.unshift(h(
        'li', {class: 'important'},
        'What repeats is drawn once, to be readable: its boxes have the numbers of the first time, or of the step. f unfolds it.'));
  }
  $('notes').replaceChildren(...notes);
  draw();
  choose(state.chosen);
}

/// The focus stays where something was folded or unfolded: on the box of the scope, or on the first one in it.
function setFold(kind, k, isFolded) {
  const {stage, act} = state, set = kind === 'frame' ? stage.foldedFrames : stage.foldedRepetitions;
  const inPicture = stage.svg.contains(document.activeElement);
  if (isFolded)
    set.delete(k);
  else
    set.add(k);
  rebuild(true);
  if (!inPicture || kind !== 'frame') return;
  const within = item => stage.isInside(item, k),
        item = isFolded ? stage.stops().find(within) : stage.items.get('f' + k);
  if (item) focusItem(item);
}

/// Chooses what a box stands for, and gives it the focus; of a folded scope, only the focus.
function focusItem(item) {
  const isNode = item.box && item.box.node >= 0 && state.act.nodes[item.box.node];
  choose(isNode ? item.box.node : null, true);
  if (isNode) return;
  item.element.focus({preventScroll: true});
  state.stage.bringIntoView(item);
}

function foldAll() {
  const {stage, act} = state;
  if (state.chosen !== null && stage.nodeElements.has(state.chosen)) {
    const box = act.boxes[stage.boxOfNode.get(state.chosen)];
    for (let f = box.frame; f >= 0; f = act.frames[f].parent)
      if (act.frames[f].kind === 'scope') return setFold('frame', f, false);
    if (box.repetition !== undefined)
      return setFold('repetition', box.repetition, stage.foldedRepetitions.has(box.repetition));
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
  state.stage = new Stage(
      $('picture'), act, item => item.box.node >= 0 && act.nodes[item.box.node] ? choose(item.box.node, true) : null,
      setFold);
  state.stage.gradientShown = gradientShown;
  $('slider').max = act.script.length - 1;
  $('slider').disabled = $('play').disabled = act.script.length < 2;
  const turn = act.seedAt === undefined ? 1 : (act.seedAt - 1) / (act.script.length - 1);
  $('turn').style.width = `${100 * turn}%`;
  for (const [k, tab] of [...$('acts').children].entries()) tab.setAttribute('aria-pressed', acts[k] === act);
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
  const hits = act.boxes.map((box, k) => ({box, k}))
                   .filter(
                       ({box}) => box.texts.some(
                                      ([kind, text]) => kind !== 'value' && kind !== 'adjoint' &&
                                          text.toLowerCase().includes(wanted)) ||
                           (act.nodes[box.node] && [
                                    act.nodes[box.node].shown, act.nodes[box.node].op
                                  ].some(text => text.toLowerCase().includes(wanted))));
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
  const {act, stage, t} = state, button = event.target.closest('svg [role="button"]');
  // The space bar plays, also where a node has the focus; a scope is a button that it presses.
  if (button && (event.key === 'Enter' || (event.key === ' ' && !button.id.startsWith('node-')))) {
    event.preventDefault();
    button.dispatchEvent(new MouseEvent('click', {bubbles: true}));
    return;
  }
  const move = direction => {
    const stops = stage.stops();
    if (!stops.length) return;
    const focused = stops.findIndex(item => item.element === document.activeElement);
    const place = focused >= 0 ? focused : stops.indexOf(stage.itemOf(state.chosen));
    focusItem(stops[place < 0 ? 0 : (place + direction + stops.length) % stops.length]);
  };
  const actions = {
    ArrowRight: () => goto(t + 1),
    ArrowLeft: () => goto(t - 1),
    Home: () => goto(0),
    End: () => goto(act.script.length - 1),
    PageDown: () => goto(t + 10),
    PageUp: () => goto(t - 10),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    ' ': play,
    Escape: () => choose(null),
    g: toggleGradient,
    f: foldAll,
    '+': () => stage.zoom(1.25),
    '=': () => stage.zoom(1.25),
    '-': () => stage.zoom(0.8),
    0: () => stage.fit(),
    '/': () => $('search').focus(),
    '?': () => $('manual').showModal(),
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
         first: () => goto(0),
         previous: () => goto(state.t - 1),
         next: () => goto(state.t + 1),
         last: () => goto(Infinity),
                play,
         smaller: () => stage().zoom(0.8),
         larger: () => stage().zoom(1.25),
         fit: () => stage().fit(),
         gradient: toggleGradient,
         fold: foldAll,
         help: () => $('manual').showModal(),
         theme: () => {
           const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' :
                                                                 matchMedia('(prefers-color-scheme: dark)').matches;
           document.documentElement.dataset.theme = dark ? 'light' : 'dark';
         },
       }))
    $(id).addEventListener('click', action);
  $('search').addEventListener('input', () => {
    state.hit = -1;
    search(false);
  });
  document.addEventListener('keydown', key);
  svg.addEventListener('wheel', event => {
    event.preventDefault();
    const at = svg.getBoundingClientRect();
    stage().zoom(
        Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.clientX - at.left, event.clientY - at.top);
  }, {passive: false});
  let drag = null;
  svg.addEventListener('pointerdown', event => {
    drag = {x: event.clientX, y: event.clientY, moved: false};
  });
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
  addEventListener('beforeprint', () => stage().setPrinted(true));
  addEventListener('afterprint', () => stage().setPrinted(false));
}

function begin() {
  $('title').textContent = data.title || 'Wengert';
  if (acts.length > 1) {
    $('acts').append(
        ...acts.map(act => h('button', {type: 'button', onclick: () => open(act)}, `${act.title} · ${act.size}`)));
  }
  const entry = (name, text) => h('li', {}, h('i', {class: name}), text);
  $('key').append(
      entry('input', 'input'), entry('parameter', 'parameter'), entry('output', 'result'), entry('order1', 'gradient'),
      h('li', {}, h('b', {class: 'ink-value'}, '0.5'), 'value'),
      h('li', {}, h('b', {class: 'ink-adjoint'}, '∂ 0.5'), 'adjoint'));
  open(acts[0]);
  listen();
}
begin();

// For tests: the state, and what a user does by hand.
window.theatre = {
  state,
  acts,
  goto,
  choose,
  setInput,
  open,
  rebuild
};
