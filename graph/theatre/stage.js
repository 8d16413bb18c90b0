// ---- stage: the picture. What is visible, where it lies, and the SVG of it.
//
// Positions were computed when the page was written. Folding only leaves things out and draws what is left closer
// together, by one map along each axis that keeps the order: nothing jumps past anything else.

const svgNamespace = 'http://www.w3.org/2000/svg';
function s(name, attributes = {}, ...children) {
  const element = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  for (const child of children) element.append(child);
  return element;
}

const foldLimit = 1000;  // boxes beyond which the page folds by itself

class Stage {
  /// `act`: of the page's data. `choose(item)` is called with what is clicked.
  constructor(svg, act, choose, unfold) {
    Object.assign(this, {svg, act, choose, unfold});
    this.gradientShown = false;
    this.foldedFrames = new Set();
    this.foldedRepetitions = new Set();
    this.boxOfNode = new Map();
    act.boxes.forEach((box, k) => {
      if (box.node >= 0) this.boxOfNode.set(box.node, k);
    });
    this.hasGradient = act.boxes.some(box => box.order > 0);
    this.view = {x: 0, y: 0, scale: 1};
    this.far = null;
    this.measure();
    this.foldUntilFew();
  }

  /// Asking the document for a size makes it lay everything out: once is enough.
  measure() {
    this.size = [this.svg.clientWidth, this.svg.clientHeight];
  }

  // ---- what is visible

  get foldableFrames() {
    return this.act.frames.map((frame, k) => k).filter(k => this.act.frames[k].kind === 'scope');
  }
  countVisible() {
    return new Set(this.act.boxes.map((_, k) => this.standIn(k)).filter(item => item !== null)).size;
  }

  /// Over the limit everything that repeats is folded, then scopes, the innermost first.
  foldUntilFew() {
    this.foldedByItself = false;
    if (this.countVisible() <= foldLimit) return;
    this.foldedByItself = true;
    this.act.repetitions.forEach((_, k) => this.foldedRepetitions.add(k));
    const depth = k => k < 0 ? 0 : 1 + depth(this.act.frames[k].parent);
    const frames = this.foldableFrames.sort((a, b) => depth(b) - depth(a));
    for (let k = 0; k < frames.length && this.countVisible() > foldLimit;) {
      const level = depth(frames[k]);
      while (k < frames.length && depth(frames[k]) === level) this.foldedFrames.add(frames[k++]);
    }
  }

  /// What stands for a box: itself ("b3"), a folded frame ("f2"), or nothing (null).
  standIn(index) {
    let box = this.act.boxes[index];
    if (box.order > 0 && !this.gradientShown) return null;
    if (box.repetition !== undefined && this.foldedRepetitions.has(box.repetition) && box.like !== box.node) {
      const first = this.boxOfNode.get(box.like);
      if (first !== undefined) {
        index = first;
        box = this.act.boxes[index];
      }
    }
    let outermost = -1;
    for (let f = box.frame; f >= 0; f = this.act.frames[f].parent)
      if (this.foldedFrames.has(f)) outermost = f;
    return outermost >= 0 ? 'f' + outermost : 'b' + index;
  }

  /// What of the picture stands for a node; undefined: nothing.
  itemOf(node) {
    const box = this.boxOfNode.get(node);
    return box === undefined ? undefined : this.items.get(this.standIn(box));
  }

  /// The boxes that the arrow keys go through, in the order of the calculation.
  stops() {
    const first = item => Math.min(...item.boxes.map(k => {
      const {node} = this.act.boxes[k];
      return node >= 0 ? node : Infinity;
    }));
    return [...this.items.values()]
        .map(item => ({item, first: first(item)}))
        .sort((a, b) => a.first === b.first ? 0 : a.first - b.first)
        .map(({item}) => item);
  }
  isInside(item, frame) {
    for (let f = item.box ? item.box.frame : item.frame.parent; f >= 0; f = this.act.frames[f].parent)
      if (f === frame) return true;
    return false;
  }

  /// Where nothing could be read otherwise, what repeats is drawn once; and if that is not enough, scopes are folded.
  foldToRead() {
    const readable = 0.3;
    for (const [folded, all] of [
             [this.foldedRepetitions, this.act.repetitions.map((_, k) => k)],
             [this.foldedFrames, this.foldableFrames]]) {
      const {scale} = this.view, before = [...folded];
      if (scale >= readable || all.every(k => folded.has(k))) continue;
      all.forEach(k => folded.add(k));
      this.arrange();
      this.fit();
      if (this.view.scale > 1.3 * scale) {
        this.foldedToRead = true;
        continue;
      }
      folded.clear();
      before.forEach(k => folded.add(k));
      this.arrange();
      this.fit();
    }
  }

  /// Unfolds whatever hides a box.
  reveal(index) {
    const box = this.act.boxes[index];
    if (box.order > 0) this.gradientShown = true;
    if (box.repetition !== undefined && box.like !== box.node) this.foldedRepetitions.delete(box.repetition);
    for (let f = box.frame; f >= 0; f = this.act.frames[f].parent) this.foldedFrames.delete(f);
  }

  // ---- where it lies

  arrange() {
    const {act} = this, items = new Map();
    act.boxes.forEach((box, k) => {
      const name = this.standIn(k);
      if (name === null) return;
      if (!items.has(name)) items.set(name, {name, boxes: [], at: null});
      items.get(name).boxes.push(k);
    });
    let hidden = 0;
    for (const item of items.values()) {
      if (item.name[0] === 'b') {
        item.box = act.boxes[+item.name.slice(1)];
        item.at = item.box.at;
        hidden += item.boxes.length - 1;
      } else {
        item.frame = act.frames[+item.name.slice(1)];
        const [x, y, w, h] = item.frame.at, width = Math.max(96, 7.6 * item.frame.label.length + 36), height = 46;
        item.at = [x + w / 2 - width / 2, y + h / 2 - height / 2, width, height];
        hidden += item.boxes.length;
      }
    }
    const inside = frame => {
      for (const item of items.values()) {
        if (!item.box) continue;
        for (let f = item.box.frame; f >= 0; f = act.frames[f].parent)
          if (f === frame) return true;
      }
      return false;
    };
    this.openFrames =
        act.frames.map((_, k) => k).filter(k => !this.isFolded(k) && act.frames[k].kind !== 'gradient' && inside(k));
    const all = items.size === act.boxes.length && hidden === 0;
    const along = all ? x => x : this.squeezed([...items.values()].map(({at}) => [at[0] - 16, at[0] + at[2] + 16]), 34);
    const above = this.openFrames.length + this.foldedRepetitions.size > 0 ? 34 : 14;
    const across =
        all ? y => y : this.squeezed([...items.values()].map(({at}) => [at[1] - above, at[1] + at[3] + 14]), 8);
    for (const item of items.values()) {
      const [x, y, w, h] = item.at;
      item.x = along(x + w / 2) - w / 2;
      item.y = across(y + h / 2) - h / 2;
      item.w = w;
      item.h = h;
    }
    this.items = items;
    this.maps = {along, across};
  }

  isFolded(frame) {
    for (let f = frame; f >= 0; f = this.act.frames[f].parent)
      if (this.foldedFrames.has(f)) return true;
    return false;
  }

  /// The map that keeps the intervals as long as they are and makes the gaps between them at most `gap`.
  squeezed(intervals, gap) {
    intervals.sort((a, b) => a[0] - b[0]);
    const from = [], to = [];
    let end = null, shift = 0;
    for (const [begin, finish] of intervals) {
      if (end !== null && begin > end + gap) shift += begin - end - gap;
      from.push(begin);
      to.push(begin - shift);
      end = end === null ? finish : Math.max(end, finish);
      if (finish >= end) {
        from.push(finish);
        to.push(finish - shift);
      }
    }
    const order = from.map((_, k) => k).sort((a, b) => from[a] - from[b] || to[a] - to[b]);
    const xs = order.map(k => from[k]), ys = order.map(k => to[k]);
    return x => {
      let low = 0, high = xs.length - 1;
      if (high < 0) return x;
      if (x <= xs[0]) return x - xs[0] + ys[0];
      if (x >= xs[high]) return x - xs[high] + ys[high];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (xs[middle] <= x)
          low = middle;
        else
          high = middle;
      }
      const width = xs[high] - xs[low];
      return width > 0 ? ys[low] + (x - xs[low]) / width * (ys[high] - ys[low]) : ys[low];
    };
  }

  // ---- the SVG

  render() {
    this.arrange();
    const {svg} = this;
    svg.replaceChildren(this.definitions());
    this.world = s('g', {class: 'world'});
    this.layers = {
      frames: s('g'),
      titles: s('g'),
      ties: s('g'),
      lines: s('g', {class: 'lines'}),
      nodes: s('g', {class: 'nodes'})
    };
    this.world.append(...Object.values(this.layers));
    svg.append(this.world);
    this.drawFrames();
    this.drawLines();
    this.drawNodes();
    this.applyView();
  }

  definitions() {
    const defs = s('defs');
    for (const kind of ['plain', 'back', 'now', 'nowback', 'near']) {
      defs.append(
          s('marker', {
            id: 'head-' + kind,
            viewBox: '0 0 10 10',
            refX: 9,
            refY: 5,
            markerWidth: 9,
            markerHeight: 9,
            markerUnits: 'userSpaceOnUse',
            orient: 'auto-start-reverse',
            class: 'head ' + kind
          },
            s('path', {d: 'M0 1 L10 5 L0 9 L2.5 5 z'})));
    }
    return defs;
  }

  drawFrames() {
    const {act} = this;
    for (const k of this.openFrames) {
      const frame = act.frames[k], members = [...this.items.values()].filter(item => this.isInside(item, k));
      let depth = 0;
      for (const other of this.openFrames) {
        for (let f = act.frames[other].parent; f >= 0; f = act.frames[f].parent)
          depth = f === k ? Math.max(depth, 1) : depth;
      }
      const label = frame.kind === 'repetition' ? `× ${frame.times}` : frame.label;
      this.layers.frames.append(this.frameElement(
          members, label, frame.kind, 10 + 12 * depth,
          frame.kind === 'scope' ? () => this.unfold('frame', k, false) : null));
    }
    act.repetitions.forEach((times, k) => {
      const members = [...this.items.values()].filter(item => item.box && item.box.repetition === k);
      if (members.length === 0 || !this.foldedRepetitions.has(k)) return;
      for (const order of [0, 1]) {
        const part = members.filter(item => item.box.order === order);
        if (part.length)
          this.layers.frames.append(
              this.frameElement(part, `× ${times}`, 'repetition', 10, () => this.unfold('repetition', k, true)));
      }
    });
  }

  frameElement(members, label, kind, margin, toggle) {
    const left = Math.min(...members.map(i => i.x)) - margin, top = Math.min(...members.map(i => i.y)) - margin - 20;
    const right = Math.max(...members.map(i => i.x + i.w)) + margin,
          bottom = Math.max(...members.map(i => i.y + i.h)) + margin;
    const group = s(
        'g', {class: 'frame ' + kind}, s('rect', {x: left, y: top, width: right - left, height: bottom - top, rx: 10}));
    const text = s('text', {x: kind === 'repetition' ? right - 10 : left + 10, y: top + 15});
    text.textContent = label;
    if (toggle) {
      text.classList.add('toggle');
      text.setAttribute('role', 'button');
      text.setAttribute('aria-expanded', kind !== 'repetition');
      text.textContent = (kind === 'repetition' ? '▸ ' : '▾ ') + label;
      text.addEventListener('click', event => {
        event.stopPropagation();
        toggle();
      });
    }
    // Above every frame: those of scopes and of what repeats lie on each other.
    this.layers.titles.append(s('g', {class: 'frame ' + kind}, text));
    return group;
  }

  /// Lines of the graph by what stands for their ends.
  drawLines() {
    const {act} = this, drawn = new Map();
    this.labelAt = new Map();
    this.lineOf = new Map();  // "user node:operand node" → [line elements]
    const draw = wanted => act.lines.forEach(line => {
      const from = this.standIn(line.from), to = this.standIn(line.to);
      if (from === null || to === null || from === to) return;
      const own = from === 'b' + line.from && to === 'b' + line.to;
      if (own !== wanted) return;
      const key = `${from} ${to} ${line.kind === 'tie'}`;
      if (own || !drawn.has(key)) drawn.set(key, this.lineElement(line, this.items.get(from), this.items.get(to), own));
      const element = drawn.get(key), a = act.boxes[line.from], b = act.boxes[line.to];
      if (line.kind === 'tie' || a.node < 0 || b.node < 0) return;
      const ends = `${b.node}:${a.node}`;
      if (!this.lineOf.has(ends)) this.lineOf.set(ends, []);
      this.lineOf.get(ends).push(element);
    });
    // A line of something hidden is that of what stands for it, where there is one already.
    draw(true);
    draw(false);
  }

  lineElement(line, from, to, own) {
    const order = Math.max(from.box ? from.box.order : from.frame.order, to.box ? to.box.order : to.frame.order);
    const down = this.act.direction === 'top_down',
          against = !own && line.kind !== 'tie' && order % 2 === 0 &&
        (down ? to.y + to.h / 2 < from.y : to.x + to.w / 2 < from.x);
    const group = s('g', {class: `line ${against ? 'carried' : line.kind} order${order}`});
    const path = own && line.points.length >= 4 ? this.routed(line.points) : this.direct(from, to, line.kind === 'tie');
    group.append(s('path', {d: path, class: 'wire'}));
    if (line.kind === 'tie') {
      this.layers.ties.append(group);
      return {group, path: group.firstChild, label: null};
    }
    const element = {group, path: group.firstChild, label: null};
    if (line.label !== '' && own) {
      // Labels of parallel lines, as of x·x, stand one below the other.
      const x = this.maps.along(line.label_at[0]), ends = `${line.from} ${line.to}`, other = this.labelAt.get(ends);
      let y = this.maps.across(line.label_at[1]);
      if (other !== undefined && Math.abs(y - other) < 13) y = other + (y < other ? -13 : 13);
      this.labelAt.set(ends, y);
      element.label = s('text', {x, y: y + 3.5, class: 'local'});
      element.back = s('rect', {x, y: y - 6.5, height: 13, rx: 3, class: 'local-back'});
      group.append(element.back, element.label);
      Stage.setLabel(element, line.label.replace('-', '−'));
    }
    this.layers.lines.append(group);
    return element;
  }

  /// The label of a line stands on it, on a patch of the ground's colour.
  static setLabel({label, back}, text) {
    if (label.shownText === text) return;
    label.shownText = text;
    label.textContent = text;
    label.classList.toggle('one', text === '1');
    const width = 6.6 * text.length + 3;
    back.setAttribute('width', width);
    back.setAttribute('x', label.getAttribute('x') - width / 2);
  }

  routed(points) {
    const {along, across} = this.maps, p = [];
    for (let k = 0; k < points.length; k += 2) p.push([along(points[k]), across(points[k + 1])]);
    const at = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
    if (this.act.curved && p.length % 3 === 1) {
      let d = 'M' + at(p[0]);
      for (let k = 1; k + 2 < p.length; k += 3) d += ` C${at(p[k])} ${at(p[k + 1])} ${at(p[k + 2])}`;
      return d;
    }
    // Rounded at its bends.
    let d = 'M' + at(p[0]);
    for (let k = 1; k + 1 < p.length; ++k) {
      const [before, here, after] = [p[k - 1], p[k], p[k + 1]];
      const near = (a, b) => {
        const length = Math.hypot(b[0] - a[0], b[1] - a[1]), t = length > 0 ? Math.min(0.5, 18 / length) : 0;
        return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
      };
      d += ` L${at(near(here, before))} Q${at(here)} ${at(near(here, after))}`;
    }
    return d + ' L' + at(p[p.length - 1]);
  }

  direct(from, to, tie) {
    const down = this.act.direction === 'top_down';
    const centre = item => [item.x + item.w / 2, item.y + item.h / 2];
    const [a, b] = [centre(from), centre(to)];
    if (!tie && !down && b[0] + to.w / 2 < from.x) {
      // Against the flow, as from one time of what repeats into the next: below the boxes.
      const [start, end] = [from.y + from.h, to.y + to.h], low = Math.max(start, end) + 26;
      return `M${a[0]} ${start} C${a[0]} ${low} ${b[0]} ${low} ${b[0]} ${end}`;
    }
    if (tie || (down ? Math.abs(a[1] - b[1]) : Math.abs(a[0] - b[0])) < 40) {
      const up = b[1] > a[1] ? 1 : -1;
      return `M${a[0]} ${a[1] + up * from.h / 2} L${b[0]} ${b[1] - up * to.h / 2}`;
    }
    const sign = (down ? b[1] > a[1] : b[0] > a[0]) ? 1 : -1;
    const start = down ? [a[0], a[1] + sign * from.h / 2] : [a[0] + sign * from.w / 2, a[1]];
    const end = down ? [b[0], b[1] - sign * to.h / 2] : [b[0] - sign * to.w / 2, b[1]];
    const middle = down ? (start[1] + end[1]) / 2 : (start[0] + end[0]) / 2;
    return down ? `M${start} C${start[0]} ${middle} ${end[0]} ${middle} ${end}` :
                  `M${start} C${middle} ${start[1]} ${middle} ${end[1]} ${end}`;
  }

  drawNodes() {
    this.nodeElements = new Map();
    for (const item of this.items.values())
      this.layers.nodes.append(item.box ? this.boxElement(item) : this.foldElement(item));
  }

  shape({x, y, w, h, box}) {
    if (box.role === 'parameter' && box.order === 0) {
      const slant = Math.min(9, w / 5);
      return s('path', {
        class: 'shape',
        d: `M${x + slant} ${y} H${x + w - slant} L${x + w} ${y + h / 2} L${x + w - slant} ${y + h} ` +
            `H${x + slant} L${x} ${y + h / 2} Z`
      });
    }
    const radius = box.role === 'input' ? h / 2.4 : box.role === 'constant' ? 3 : 8;
    return s('rect', {class: 'shape', x, y, width: w, height: h, rx: radius});
  }

  boxElement(item) {
    const {x, y, w, h, box} = item;
    const result = box.output && (box.order > 0 || box.node === this.act.output);
    const group = s('g', {
      class: `node ${box.role} order${box.order}${result ? ' output' : ''}`,
      role: 'button',
      tabindex: -1,
      id: 'node-' + box.id
    });
    if (result && box.order === 0)
      group.append(s('rect', {class: 'rim', x: x - 3.5, y: y - 3.5, width: w + 7, height: h + 7, rx: 11}));
    group.append(this.shape(item));
    if (box.magnitude !== undefined) {
      const shade = this.shape(item);
      shade.setAttribute('class', 'shade');
      shade.style.opacity = 0.32 * box.magnitude;
      group.append(shade);
    }
    const lines = box.texts, height = 14.4, first = y + h / 2 - (lines.length - 1) / 2 * height + 4.2;
    const texts = {};
    lines.forEach(([kind, text], k) => {
      const line = s('text', {x: x + w / 2, y: first + k * height, class: 't-' + kind});
      line.textContent = text;
      group.append(line);
      if (!texts[kind]) texts[kind] = line;
    });
    if (box.copies > 1) group.append(this.badge(x + w, y, `×${box.copies}`));
    if (item.box.node >= 0) this.nodeElements.set(item.box.node, {group, texts, item});
    item.element = group;
    group.addEventListener('click', event => {
      event.stopPropagation();
      this.choose(item);
    });
    return group;
  }

  foldElement(item) {
    const {x, y, w, h, frame} = item, k = +item.name.slice(1);
    const group =
        s('g', {
          class: `node folded scope order${frame.order}`,
          role: 'button',
          tabindex: -1,
          id: 'fold-' + frame.id,
          'aria-expanded': false,
          'aria-label': `scope ${frame.label}, ${item.boxes.length} boxes`
        },
          s('rect', {class: 'shape behind', x: x + 4, y: y + 4, width: w, height: h, rx: 9}),
          s('rect', {class: 'shape', x, y, width: w, height: h, rx: 9}));
    const name = s('text', {x: x + w / 2, y: y + 19, class: 't-name'});
    name.textContent = '▸ ' + frame.label;
    const count = s('text', {x: x + w / 2, y: y + 35, class: 't-note'});
    // What repeats and is folded stands for all its times.
    const boxes = item.boxes.map(index => this.act.boxes[index]),
          copies = boxes.filter(
              box =>
                  box.repetition === undefined || box.like === box.node || !this.foldedRepetitions.has(box.repetition));
    count.textContent = `${copies.length} boxes`;
    group.append(name, count);
    if (copies.length < boxes.length)
      group.append(
          this.badge(x + w, y, `× ${this.act.repetitions[boxes.find(box => !copies.includes(box)).repetition]}`));
    group.addEventListener('click', event => {
      event.stopPropagation();
      this.unfold('frame', k, true);
    });
    item.element = group;
    return group;
  }

  badge(x, y, text) {
    const width = 7 * text.length + 8, label = s('text', {x: x - width / 2 + 4, y: y + 3.5});
    label.textContent = text;
    return s('g', {class: 'badge'}, s('rect', {x: x - width + 4, y: y - 8, width, height: 16, rx: 8}), label);
  }

  // ---- zoom and pan

  applyView() {
    const {x, y, scale} = this.view;
    // Texts that nobody could read are not drawn.
    const far = scale < 0.25;
    if (far !== this.far) this.svg.classList.toggle('far', this.far = far);
    this.world.setAttribute('transform', `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${scale.toFixed(4)})`);
  }
  bounds() {
    const items = [...this.items.values()];
    if (!items.length) return {x: 0, y: 0, w: 1, h: 1};
    const x = Math.min(...items.map(i => i.x)), y = Math.min(...items.map(i => i.y));
    return {x, y, w: Math.max(...items.map(i => i.x + i.w)) - x, h: Math.max(...items.map(i => i.y + i.h)) - y};
  }
  fit() {
    const box = this.bounds(), [width, height] = this.size, margin = 48;
    const scale = Math.min((width - 2 * margin) / box.w, (height - 2 * margin) / box.h, 1.7);
    this.view.scale = Math.max(scale, 0.01);
    this.view.x = width / 2 - (box.x + box.w / 2) * this.view.scale;
    this.view.y = height / 2 - (box.y + box.h / 2) * this.view.scale;
    this.applyView();
  }
  /// On paper the picture takes the room that there is, which nobody knows before; then it is as it was.
  setPrinted(printed) {
    const {svg, world} = this, {x, y, w, h} = this.bounds(), margin = 24;
    if (printed) {
      svg.setAttribute('viewBox', [x - margin, y - margin, w + 2 * margin, h + 2 * margin].join(' '));
      svg.classList.remove('far');
      world.removeAttribute('transform');
    } else {
      svg.removeAttribute('viewBox');
      this.far = null;
      this.applyView();
    }
  }
  zoom(factor, x = this.size[0] / 2, y = this.size[1] / 2) {
    const scale = Math.min(6, Math.max(0.01, this.view.scale * factor)), ratio = scale / this.view.scale;
    this.view.x = x - (x - this.view.x) * ratio;
    this.view.y = y - (y - this.view.y) * ratio;
    this.view.scale = scale;
    this.applyView();
  }
  pan(dx, dy) {
    this.view.x += dx;
    this.view.y += dy;
    this.applyView();
  }
  /// Moves what is shown as little as makes the item visible.
  bringIntoView(item) {
    const {x, y, scale} = this.view, margin = 60;
    const shift = (at, size, from, length) => {
      const begin = at * scale + from, end = (at + size) * scale + from;
      return begin < margin ? margin - begin : end > length - margin ? length - margin - end : 0;
    };
    const dx = shift(item.x, item.w, x, this.size[0]), dy = shift(item.y, item.h, y, this.size[1]);
    if (dx !== 0 || dy !== 0) this.pan(dx, dy);
  }
}
