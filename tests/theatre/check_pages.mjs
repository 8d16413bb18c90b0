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
      await page.evaluate(() => document.querySelector('.warn').textContent.includes('3000 elements')),
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
