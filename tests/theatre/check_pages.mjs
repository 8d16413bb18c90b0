// Opens the pages of graph/theatre in a headless chromium, without a network, and demands what a reader relies on:
//
//     node check_pages.mjs --command <wengert> --pages <theatre_pages> --modules <node_modules> --folder <scratch>
//                          [--shots <folder>]
//
// Nothing on the console, no request; every gradient of the page is the engine's, before and after an input is edited;
// a page of a thousand boxes answers within 100 ms; texts of the user stay text. With --shots, pictures for the eye.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {parseArgs} from 'node:util';

const {values: options} = parseArgs({
  options: {
    command: {type: 'string'},
    pages: {type: 'string'},
    modules: {type: 'string'},
    folder: {type: 'string'},
    shots: {type: 'string'},
    chromium: {type: 'string', default: '/usr/bin/chromium'}
  }
});
const skip = why => {
  console.log(`${process.env.CI ? 'FAILED' : 'left out'}: ${why}`);
  process.exit(process.env.CI ? 1 : 77);
};
if (!existsSync(options.chromium)) skip(`${options.chromium} is missing (scripts/setup browser)`);
let chromium;
try {
  ({chromium} = await import(pathToFileURL(path.join(options.modules, 'playwright-core', 'index.mjs')).href));
} catch {
  skip('playwright-core is missing (scripts/setup browser)');
}

let failures = 0;
function demand(holds, what) {
  if (holds) return;
  ++failures;
  console.log(`FAILED: ${what}`);
}
const close = (a, b) => a === b || Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b));

mkdirSync(options.folder, {recursive: true});
const wengert = (...args) => execFileSync(options.command, args, {encoding: 'utf8'});
const file = name => path.join(options.folder, name);

const browser = await chromium.launch({executablePath: options.chromium, args: ['--no-sandbox', '--disable-gpu']});

/// The page of a file, with everything that it should not do counted as a failure.
async function open(name, settings = {}) {
  const context = await browser.newContext({offline: true, viewport: {width: 1440, height: 860}, ...settings});
  const page = await context.newPage();
  page.on('console', message => demand(false, `${name}: the console says ${message.text()}`));
  page.on('pageerror', error => demand(false, `${name}: ${error}`));
  page.on('dialog', dialog => {
    demand(false, `${name}: a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  const url = pathToFileURL(file(name)).href;
  page.on('request', request => demand(request.url() === url, `${name}: asks for ${request.url().slice(0, 90)}`));
  await page.goto(url);
  page.done = () => context.close();
  return page;
}

/// In the page: adjoints of variables by name, as shown at the last step.
const gradients = page => page.evaluate(() => {
  const {state, goto} = window.theatre;
  goto(0);
  while (state.t < state.act.script.length - 1) goto(state.t + 1);
  const found = {};
  for (const id of state.act.ids) {
    const node = state.act.nodes[id];
    if (node.op !== 'variable' || node.order !== 0) continue;
    const sum = state.act.adjointAt(id, state.t);
    found[node.name] = sum === null ? Array(node.shape.reduce((a, b) => a * b, 1)).fill(0) : [...sum.data];
  }
  return found;
});

/// In the page: everything computed anew from the inputs as they were recorded, and what then differs from what the
/// engine computed: values, contributions, adjoints, nodes of the gradient. Sums are added up in another order there,
/// which `least` is for: of the largest element of an array.
const differences = (page, least) => page.evaluate(least => {
  const {act} = window.theatre.state, found = [];
  const near = (a, b) => {
    const scale = Math.max(1, ...[...a.data].filter(Number.isFinite).map(Math.abs));
    return a.data.every(
        (x, i) => Object.is(x, b.data[i]) || x === b.data[i] || Math.abs(x - b.data[i]) <= least * scale);
  };
  const kept = () => ({
    values: act.ids.map(id => act.nodes[id].array),
    adjoints: act.ids.map(id => act.nodes[id].adjointArray),
    contributions: act.steps.map(step => step.contributionArray),
    locals: act.steps.map(step => step.localArray)
  });
  const before = kept();
  act.ids.filter(id => act.nodes[id].op === 'variable').forEach(id => act.changed.add(id));
  act.compute();
  const after = kept(), about = {
    values: k => `${act.nodes[act.ids[k]].op} of order ${act.nodes[act.ids[k]].order}`,
    adjoints: k => `adjoint of ${act.nodes[act.ids[k]].op}`
  };
  for (const [kind, arrays] of Object.entries(before)) {
    arrays.forEach((array, k) => {
      const now = after[kind][k];
      if (!array || (now && near(array, now))) return;
      const what = about[kind] ? about[kind](k) : `${kind} of ${act.nodes[act.steps[k].user].op}`;
      found.push(`${what}: ${[...array.data].slice(0, 4)} and ${now ? [...now.data].slice(0, 4) : 'nothing'}`);
    });
  }
  return {found, operations: new Set(act.ids.map(id => act.nodes[id].op)).size, obstacles: act.obstacles};
}, least);

const flat = value => Array.isArray(value) ? value.flatMap(flat) : [Number(value)];

/// The page of an expression: its gradients, at the point and at another one.
const cases = [
  ['sin(x)*y + x^2', {x: '2', y: '3'}, {x: '1.3', y: '-0.7'}],
  [
    'h = sigmoid(w*x + b); t = tanh(v*h); (t - 1)^2', {x: '2', w: '0.5', b: '0.1', v: '-1.2'},
    {x: '0.3', w: '2', b: '-1', v: '0.8'}
  ],
  ['x*x*x + exp(-x)/y - log(1 + x^2)', {x: '1.5', y: '2'}, {x: '-0.4', y: '0.25'}],
  [
    'max(x, y) + abs(x - y)*relu(x) + min(x, 2*y) + sqrt(x^2 + y^2) + atan2(x, y) + x^y', {x: '1', y: '2'},
    {x: '3', y: '0.5'}
  ],
  [
    'erf(x) + softplus(x) + cos(x)*tan(x) + asinh(x) + log1p(x^2) + expm1(y) + hypot(x, y)', {x: '0.5', y: '1'},
    {x: '2.7', y: '-3'}
  ],
  ['u = A @ x; norm(u)^2', {A: '[1,2;3,4]', x: '[1,-1]'}, {A: '[0.5,-1;2,0.1]', x: '[3,0.7]'}],
  [
    'p = softmax(A @ x); sum(p*p) + logsumexp(x)', {A: '[1,2;3,4;-1,0.5]', x: '[0.3,-1]'},
    {A: '[0.5,-1;2,0.1;1,1]', x: '[-3,0.7]'}
  ],
  [
    'sum(A[0,:] * x) + prod(x) + max(x[0], x[1]) + sum(transpose(A) @ A)', {A: '[1,2;3,4]', x: '[2,-1]'},
    {A: '[0.5,-1;2,0.1]', x: '[0,0.7]'}
  ],
  [
    'where(x > y, x^2*y, exp(-x)) + sum(where(v > 0, v, v^2))', {x: '2', y: '1', v: '[1,-2]'},
    {x: '-0.5', y: '3', v: '[-3,0.5]'}
  ],
];
const point = at => Object.entries(at).map(([name, value]) => `${name}=${value}`).join(',');
for (const [expression, at, other] of cases) {
  const name = 'expression.html';
  const known = where => Object.fromEntries(
      Object.entries(JSON.parse(wengert('grad', expression, '--at', point(where), '--json')).gradient)
          .map(([key, value]) => [key, flat(value)]));
  wengert('grad', expression, '--at', point(at), '--html', file(name));
  const page = await open(name);
  const compare = (shown, engine, when) => {
    for (const [key, numbers] of Object.entries(engine)) {
      demand(
          shown[key] && shown[key].length === numbers.length && numbers.every((x, i) => close(x, shown[key][i])),
          `${expression}: ∂/∂${key} ${when}: the page has ${shown[key]}, the engine ${numbers}`);
    }
  };
  compare(await gradients(page), known(at), 'as recorded');
  demand(
      await page.evaluate(() => window.theatre.state.act.obstacles.length === 0),
      `${expression}: the page cannot compute it`);
  // As a user does: number by number into the fields at the side.
  const fields = await page.$$('.edit');
  const numbers = Object.values(other).flatMap(text => text.replace(/[[\]]/g, '').split(/[;,]/));
  demand(fields.length === numbers.length, `${expression}: ${fields.length} fields for ${numbers.length} numbers`);
  for (let k = 0; k < numbers.length; ++k) {
    await fields[k].fill(numbers[k]);
    await fields[k].press('Tab');
  }
  compare(await gradients(page), known(other), 'after edits');
  await page.done();
}

// The pages that need a program.
execFileSync(options.pages, [options.folder]);

{
  const page = await open('hostile.html');
  const found = await page.evaluate(
      () => ({
        images: document.querySelectorAll('img, b + svg[onload], [onerror], [onload], a[href^="javascript" i]').length,
        styles: document.querySelectorAll('style').length,
        scripts: document.querySelectorAll('script').length,
        title: document.title,
        names: [...document.querySelectorAll('.t-name')].map(text => text.textContent).join(' '),
      }));
  demand(
      found.images === 0 && found.styles === 1 && found.scripts === 2,
      `hostile.html: a name became markup: ${JSON.stringify(found)}`);
  demand(found.title.includes('<img src=x'), `hostile.html: the title is ${found.title}`);
  demand(found.names.includes('</script><img'), `hostile.html: names are ${found.names}`);
  await page.click('.node.parameter');
  demand(
      (await page.textContent('#chosen h2')).includes('onerror=alert(1)'),
      'hostile.html: the side does not name what is chosen');
  await gradients(page);
  await page.done();
}

/// Milliseconds from a key to the frame that shows what it did, of several keys the one in the middle.
const reaction = (page, key) => page.evaluate(async pressed => {
  const times = [];
  for (let k = 0; k < 7; ++k) {
    const begin = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key: pressed, bubbles: true}));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[3];
}, key);

{
  const page = await open('thousand.html');
  demand((await page.textContent('#notes')).includes('drawn once'), 'thousand.html: is not folded to be readable');
  await page.keyboard.press('f');
  const boxes = await page.evaluate(() => window.theatre.state.stage.items.size);
  demand(boxes > 900, `thousand.html: shows ${boxes} boxes`);
  for (const key of ['ArrowLeft', 'ArrowDown', '+']) {
    const time = await reaction(page, key);
    console.log(`a page of ${boxes} boxes answers ${key} in ${time.toFixed(1)} ms`);
    demand(time <= 100, `thousand.html: ${key} takes ${time} ms`);
  }
  const edit = await page.evaluate(async () => {
    const {state, setInput} = window.theatre, begin = performance.now();
    setInput(state.act.ids[0], 0, 0.31);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - begin;
  });
  console.log(`and an edited input in ${edit.toFixed(1)} ms`);
  demand(edit <= 250, `thousand.html: an edit takes ${edit} ms`);
  await page.done();
}

{
  const page = await open('steps.html');
  demand(await page.evaluate(() => window.theatre.acts.length) === 2, 'steps.html: there is no act after the pass');
  const counts = await page.evaluate(() => {
    const {state} = window.theatre, count = () => state.stage.items.size, counts = [count()];
    for (let k = 0; k < 3; ++k) {
      document.getElementById('fold').click();
      counts.push(count());
    }
    return counts;
  });
  const [once, unfolded, folded, again] = counts;
  demand(
      once < unfolded / 3 && folded < once && again === unfolded,
      `steps.html: boxes with what repeats drawn once, unfolded, folded, unfolded: ${counts}`);
  // What is drawn once has the numbers of the time that a step is at, and gives them back.
  const copies = await page.evaluate(() => {
    const {state, goto, rebuild} = window.theatre, {act, stage} = state;
    act.repetitions.forEach((_, k) => stage.foldedRepetitions.add(k));
    rebuild(true);
    const texts = () => stage.svg.querySelector('.nodes').textContent + stage.svg.querySelector('.lines').textContent;
    const before = texts(), k = act.steps.findIndex(({user}) => act.nodes[user].op === 'tanh');
    goto(act.seedAt + 1 + k);
    const step = act.steps[k], {label} = stage.lineOf.get(`${step.user}:${step.operand}`)[0];
    const box = stage.itemOf(step.user).element.textContent, at = [label.textContent, step.localArray.data[0], box];
    goto(act.script.length - 1);
    return {at, name: act.nodes[step.user].name, same: before === texts()};
  });
  demand(
      Math.abs(Number(copies.at[0].replace('−', '-')) - copies.at[1]) < 1e-4 && copies.at[2].includes(copies.name),
      `steps.html: at a step of ${copies.name} the picture says ${copies.at}`);
  demand(copies.same, 'steps.html: after a step the picture is not as it was');
  const engine = await gradients(page);
  await page.evaluate(() => window.theatre.open(window.theatre.acts[1]));
  const after = await gradients(page);
  for (const [key, [value]] of Object.entries(engine))
    demand(close(value, after[key][0]), `steps.html: ∂/∂${key} differs after the pass`);
  // A node and its adjoint light each other up.
  await page.keyboard.press('g');
  const tied = await page.evaluate(() => {
    const {state, choose} = window.theatre, {act, stage} = state;
    const id = act.ids.find(each => act.nodes[each].parameter);
    choose(id);
    const there = stage.svg.querySelectorAll('.tied').length;
    choose(act.nodes[id].adjoint_node);
    return [there, stage.nodeElements.get(id).group.classList.contains('tied')];
  });
  demand(tied[0] > 0 && tied[1], `steps.html: ties light up: ${tied}`);
  await page.fill('#search', 'h7');  // itself, and its adjoint
  demand(await page.textContent('#found') === '2', `steps.html: the search finds ${await page.textContent('#found')}`);
  await page.done();
}

{
  const page = await open('many.html');
  const [boxes, shown, note] = await page.evaluate(
      () =>
          [window.theatre.state.act.boxes.length, window.theatre.state.stage.items.size,
           document.getElementById('notes').textContent]);
  demand(
      boxes > 1000 && shown <= 1000 && note.includes('more than 1000'),
      `many.html: ${shown} of ${boxes} boxes, it says '${note}'`);
  await page.done();
}

{
  const page = await open('tensors.html');
  demand(
      await page.evaluate(() => document.querySelector('.warn').textContent.includes('big (3000)')),
      'tensors.html: does not say where computing anew stops');
  await page.evaluate(
      () => window.theatre.choose(
          window.theatre.state.act.ids.find(id => window.theatre.state.act.nodes[id].name === 'big')));
  demand(await page.$$eval('canvas.heat', all => all.length) === 2, 'tensors.html: no heat maps of value and adjoint');
  await page.evaluate(
      () => window.theatre.choose(
          window.theatre.state.act.ids.find(id => window.theatre.state.act.nodes[id].op === 'matmul')));
  demand(
      (await page.$$eval('#chosen math', all => all.map(each => each.textContent).join(' '))).includes('T'),
      'tensors.html: no rule of the product');
  await page.done();
}

// The page computes by itself what the engine computed.
for (const [name, least] of [['elementwise.html', 1e-11], ['operations.html', 1e-11], ['operations_f32.html', 2e-5]]) {
  const page = await open(name);
  const {found, operations, obstacles} = await differences(page, least);
  demand(!found.length, `${name}: ${found.length} differ: ${found.slice(0, 5).join('; ')}`);
  demand(!obstacles.length, `${name}: the page does not compute ${obstacles}`);
  console.log(`${name}: ${operations} operations are computed as the engine computes them`);
  await page.done();
}

// Every topic of the lecture, after next to no training: walked through, and computed anew.
for (const line of wengert('lecture', '--list').trim().split('\n')) {
  const [topic] = line.split(/\s/), name = `lecture_${topic}.html`;
  wengert('lecture', topic, '--steps', '1', '--no-pictures', '--html', file(name));
  const page = await open(name);
  await gradients(page);
  const {found, obstacles} = await differences(page, 2e-4);  // the networks that train are of f32
  demand(!found.length, `${name}: ${found.length} differ: ${found.slice(0, 3).join('; ')}`);
  demand(!obstacles.length, `${name}: ${obstacles}`);
  await page.done();
}

{
  // Where computing anew stops, the page says so, and shows no number that was recorded for another input.
  const page = await open('stops.html');
  const node = name => page.evaluate(wanted => {
    const {state, choose} = window.theatre, {act, stage} = state;
    const found = act.ids.map(id => act.nodes[id]).find(each => each.name === wanted && each.order === 0);
    choose(found.id);
    const box = stage.nodeElements.get(found.id).texts;
    return {
      value: box.value ? box.value.textContent : '',
      adjoint: box.adjoint ? box.adjoint.textContent : '',
      side: document.getElementById('chosen').textContent
    };
  }, name);
  const change = (name, value) => page.evaluate(([wanted, to]) => {
    const {state, setInput} = window.theatre, {act} = state;
    setInput(act.ids.find(id => act.nodes[id].name === wanted), 0, to);
  }, [name, value]);
  demand(
      (await page.textContent('#inputs .warn')).includes('inverse'),
      `stops.html: the inputs do not say what is not computed: ${await page.textContent('#inputs .warn')}`);
  demand(
      (await node('inverted')).side.includes('not carried on here'),
      'stops.html: the inverse does not say that it stops');
  const recorded = {loss: (await node('loss')).value, A: (await node('A')).adjoint};
  await change('b', 0.9);
  const waves = await node('waves'), loss = await node('loss');
  const expected = Math.sin(0.9) + Math.sin(-1) + Math.sin(0.7);
  demand(
      Math.abs(Number(waves.value.replace('−', '-')) - expected) < 1e-3,
      `stops.html: beside what stops, ${waves.value} for ${expected}`);
  demand(loss.value !== '?' && loss.value !== recorded.loss, `stops.html: the loss is ${loss.value} for another b`);
  demand((await node('A')).adjoint === recorded.A, 'stops.html: an adjoint that does not depend on b is lost');
  await change('c', 3);
  demand((await node('big')).adjoint === '∂ ?', 'stops.html: an adjoint that takes elements of big is not unknown');
  await change('A', 3);
  const [inverted, squares, a] = [await node('inverted'), await node('squares'), await node('A')];
  demand(inverted.value === '?' && squares.value === '?', `stops.html: stale: ${inverted.value}, ${squares.value}`);
  demand(a.adjoint === '∂ ?', `stops.html: a stale adjoint: ${a.adjoint}`);
  demand(
      inverted.side.includes('does not compute inverse') && squares.side.includes('inverted'),
      `stops.html: does not say where it stops: ${squares.side}`);
  demand(
      (await page.textContent('#computed')).includes('not known'),
      'stops.html: the inputs do not say that something is not known');
  await page.evaluate(() => {
    const {state, goto} = window.theatre;
    for (let t = 0; t < state.act.script.length; ++t) goto(t);
  });
  await page.click('#computed button');
  demand((await node('loss')).value === recorded.loss, 'stops.html: does not go back to the recording');
  await page.done();
}

{
  const page = await open('deep.html');
  demand(
      (await page.textContent('#notes')).includes('not walked through'),
      'deep.html: does not say that it is not walked through');
  await page.evaluate(() => {
    const {state, choose} = window.theatre;
    state.act.ids.forEach(id => choose(id));
  });
  await page.done();
}

{
  // What cannot be a number is refused, and changes nothing.
  await execFileSync(options.command, ['grad', 'x^2', '--at', 'x=3', '--html', file('square.html')]);
  const page = await open('square.html');
  await page.fill('.edit', 'three');
  await page.keyboard.press('Tab');
  demand(await page.getAttribute('.edit', 'aria-invalid') === 'true', 'square.html: takes "three" for a number');
  demand(
      (await page.textContent('#computed')).includes('“three” is not a number: x stays 3'),
      'square.html: does not say why it refuses "three"');
  demand((await gradients(page)).x[0] === 6, 'square.html: a refused number changes the gradient');
  await page.fill('.edit', '-0.5');
  await page.keyboard.press('Tab');
  demand((await gradients(page)).x[0] === -1, 'square.html: the gradient after an edit');
  await page.click('#computed button');
  demand((await gradients(page)).x[0] === 6, 'square.html: does not go back to the recording');
  await page.done();
}

{
  // By keyboard alone, with steps told to a screen reader.
  wengert('lecture', 'backprop', '--no-pictures', '--html', file('lecture.html'));
  const page = await open('lecture.html', {reducedMotion: 'reduce'});
  await page.keyboard.press('Home');
  for (let k = 0; k < 3; ++k) await page.keyboard.press('ArrowRight');
  demand((await page.textContent('#told')).startsWith('Forward: '), 'lecture.html: a step is not told');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowDown');
  demand(
      await page.evaluate(
          () => document.activeElement.getAttribute('role') === 'button' &&
              document.activeElement.getAttribute('aria-label') !== ''),
      'lecture.html: the arrow keys do not reach a node');
  demand(
      await page.$$eval(
          'button:not([aria-label])', all => all.every(button => button.textContent.trim() !== '' || button.hidden)),
      'lecture.html: a button without a name');
  await page.done();
}

{
  // What a screen reader is given: chromium's own tree.
  const page = await open('lecture.html', {reducedMotion: 'reduce'});
  await page.keyboard.press('ArrowLeft');  // to the last step of the sweep
  const session = await page.context().newCDPSession(page);
  const tree = async () => (await session.send('Accessibility.getFullAXTree')).nodes.filter(node => !node.ignored);
  const role = node => node.role.value, name = node => node.name ? node.name.value : '';
  const all = await tree();
  const named = ['button', 'textbox', 'searchbox', 'slider', 'img', 'image', 'link', 'complementary'];
  const nameless = all.filter(node => named.includes(role(node)) && name(node) === '');
  demand(!nameless.length, `lecture.html: without a name: ${nameless.map(role)}`);
  for (const wanted of ['banner', 'main', 'complementary', 'contentinfo', 'heading', 'slider', 'table', 'searchbox'])
    demand(all.some(node => role(node) === wanted), `lecture.html: the tree has no ${wanted}`);
  const boxes = all.filter(node => role(node) === 'button' && /, (mul|add|sigmoid|variable)/.test(name(node)));
  demand(boxes.length > 30, `lecture.html: ${boxes.length} boxes have a name with their operation`);
  const live = node => (node.properties || []).some(({name: key, value}) => key === 'live' && value.value === 'polite');
  const said = nodes => {
    const byId = new Map(nodes.map(node => [node.nodeId, node]));
    const text = node => (role(node) === 'StaticText' ? name(node) : '') +
        (node.childIds || []).map(id => byId.get(id)).filter(Boolean).map(text).join(' ');
    return nodes.filter(node => live(node) && role(node) === 'status').map(text).join(' ');
  };
  demand(said(all).includes('Reverse: '), `lecture.html: the live region says '${said(all)}'`);
  demand(
      (await page.getAttribute('#slider', 'aria-valuetext')).includes('Reverse: '),
      'lecture.html: the slider does not tell the step');
  demand(
      await page.evaluate(
          () => [...document.querySelectorAll('.now-reverse .wire')].every(
              wire => getComputedStyle(wire).animationName === 'none')),
      'lecture.html: something moves though the system asks for no motion');

  // The order of Tab, and that one sees where it is.
  const order = [];
  for (let k = 0; k < 60; ++k) {
    await page.keyboard.press('Tab');
    const [id, seen] = await page.evaluate(() => {
      const element = document.activeElement, style = getComputedStyle(element);
      return [
        element.id || element.className || element.localName,
        element === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)
      ];
    });
    demand(seen, `lecture.html: one does not see that ${id} has the focus`);
    order.push(id);
  }
  const expected = [
    'skip', 'search', 'gradient', 'fold', 'smaller', 'fit', 'larger', 'theme', 'help', 'picture', 'edit', 'first',
    'play', 'slider'
  ];
  const places = expected.map(id => order.indexOf(id));
  demand(
      places.every((place, k) => place >= 0 && (k === 0 || place > places[k - 1])),
      `lecture.html: Tab goes ${[...new Set(order)].join(', ')}`);
  await page.done();
}

// Texts have a contrast of 4.5 at least on what they stand on, lines and the focus one of 3 (WCAG 2.2, 1.4.3
// and 1.4.11).
for (const colorScheme of ['light', 'dark']) {
  const page = await open('lecture.html', {colorScheme});
  const poor = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement('i'));
    const luminance = name => {
      probe.style.color = `var(--${name})`;
      const [r, g, b] = getComputedStyle(probe)
                            .color.match(/[\d.]+/g)
                            .map(x => x / 255)
                            .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a, b) => {
      const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
      return (light + 0.05) / (dark + 0.05);
    };
    const grounds = ['ground', 'panel', 'input', 'parameter', 'output', 'operation', 'gradient', 'scope', 'repetition'];
    const wanted = [
      ...['ink', 'soft', 'value', 'adjoint'].map(text => [text, grounds, 4.5]), ['forward', ['ground', 'panel'], 4.5],
      ['backward', ['ground', 'panel'], 4.5], ['repetition-line', ['repetition'], 4],  // of 14 pixels, bold
      ...['wire', 'focus', 'operation-line', 'input-line', 'parameter-line', 'output-line', 'gradient-line'].map(
          line => [line, ['ground', 'panel'], 3])
    ];
    return wanted.flatMap(
        ([name, on, least]) => on.filter(ground => contrast(name, ground) < least)
                                   .map(ground => `${name} on ${ground}: ${contrast(name, ground).toFixed(2)}`));
  });
  demand(!poor.length, `${colorScheme}: ${poor.join(', ')}`);
  await page.done();
}

{
  // Scopes by keyboard: the arrows reach a folded one, Enter opens it, f folds it again; the focus stays there.
  const page = await open('steps.html');
  const focus = () => page.evaluate(() => {
    const element = document.activeElement;
    return {id: element.id, expanded: element.getAttribute('aria-expanded'), label: element.getAttribute('aria-label')};
  });
  await page.keyboard.press('f');
  await page.keyboard.press('f');
  let found = await focus();
  for (let k = 0; k < 40 && !found.id.startsWith('fold-'); ++k) {
    await page.keyboard.press('ArrowDown');
    found = await focus();
  }
  demand(found.expanded === 'false' && found.label.startsWith('scope step'), `steps.html: ${JSON.stringify(found)}`);
  await page.keyboard.press('Enter');
  const opened = await focus();
  demand(opened.id.startsWith('node-'), `steps.html: after Enter the focus is on '${opened.id}'`);
  await page.keyboard.press('f');
  demand((await focus()).id === found.id, `steps.html: after f the focus is on '${(await focus()).id}'`);
  await page.done();
}

{
  // On paper the picture is as large as its room, and light.
  const page = await open('lecture.html', {colorScheme: 'dark'});
  await page.emulateMedia({media: 'print', colorScheme: 'dark'});
  const printed = await page.evaluate(() => {
    dispatchEvent(new Event('beforeprint'));
    const room = document.getElementById('picture').getBoundingClientRect();
    const boxes = [...document.querySelectorAll('.node')].map(node => node.getBoundingClientRect());
    const inside = boxes.every(
        box => box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom);
    const ground = getComputedStyle(document.body).backgroundColor;
    dispatchEvent(new Event('afterprint'));
    return {inside, ground, left: document.getElementById('picture').hasAttribute('viewBox')};
  });
  demand(printed.inside, 'lecture.html: on paper the picture is cut off');
  demand(printed.ground === 'rgb(255, 255, 255)', `lecture.html: the paper is ${printed.ground}`);
  demand(!printed.left, 'lecture.html: stays as on paper');
  await page.done();
}

if (options.shots) {
  mkdirSync(options.shots, {recursive: true});
  const shot = async (name, source, settings, act) => {
    const page = await open(source, settings);
    await act(page);
    await page.waitForTimeout(350);
    await page.screenshot({path: path.join(options.shots, name + '.png')});
    await page.done();
  };
  const choose = (page, name) => page.evaluate(wanted => {
    const {state, choose: pick} = window.theatre;
    pick(state.act.ids.find(id => state.act.nodes[id].name === wanted || state.act.nodes[id].op === wanted));
  }, name);
  // The pictures of docs/howto/theatre.md.
  await shot('theatre_step', 'lecture.html', {}, async page => {
    await page.evaluate(() => window.theatre.goto(window.theatre.state.act.seedAt + 20));
    await choose(page, 'out h1');
  });
  await shot('theatre_both', 'lecture.html', {colorScheme: 'dark'}, async page => {
    await page.keyboard.press('g');
    await choose(page, 'w5');
  });
  await shot('theatre_tensors', 'tensors.html', {}, page => choose(page, 'matmul'));
  await shot('theatre_folded', 'steps.html', {colorScheme: 'dark'}, async () => {});
  // And some for the eye alone.
  await shot('end', 'lecture.html', {}, async () => {});
  await shot('many', 'many.html', {}, async () => {});
  await shot('thousand', 'thousand.html', {}, async () => {});
  await shot('hostile', 'hostile.html', {}, async () => {});
  await shot('narrow', 'lecture.html', {viewport: {width: 480, height: 860}}, async () => {});
  const page = await open('lecture.html');
  await page.emulateMedia({media: 'print'});
  await page.screenshot({path: path.join(options.shots, 'print.png')});
  await page.done();
}

await browser.close();
console.log(failures ? `${failures} failures` : 'all pages are as they should be');
process.exit(failures ? 1 : 0);
