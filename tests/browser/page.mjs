// Checks report.html of a run in Chromium: node page.mjs FOLDER PICTURES
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [folder, pictures] = process.argv.slice(2);
const page = `file://${join(folder, 'report.html')}`, linked = `file://${join(folder, 'linked.html')}`;
const files = Object.fromEntries(['comparison', 'analysis'].map(name => [name, JSON.parse(readFileSync(join(folder, `${name}.json`)))]));
const JAEGER = 'http://127.0.0.1:16686';
let passed = 0, failed = 0;

async function check(name, work) {
  try {
    await work();
    passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}: ${error.message}`);
  }
}
function assert(holds, message) {
  if (!holds) throw new Error(message);
}

// The log, a row an object. No field of it holds a comma.
function rows(phase) {
  const [head, ...lines] = readFileSync(join(folder, `${phase}.csv`), 'utf8').trim().split('\n').map(line => line.split(','));
  return lines.map(line => Object.fromEntries(head.map((name, at) => [name, line[at]])));
}
const logs = { before: rows('before'), after: rows('after') };
const key = row => `${row.repetition}/${row.seq}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

// A tab that remembers what it said and what it asked for.
async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const tab = await context.newPage();
  const said = [], asked = [];
  tab.on('console', message => said.push(`${message.type()}: ${message.text()}`));
  tab.on('pageerror', error => said.push(`error: ${error.message}`));
  tab.on('request', request => asked.push(request.url()));
  await tab.goto(url);
  return { tab, said, asked };
}

// Where a dot of the chart is on the screen.
async function dotOnScreen(tab, from = 0) {
  await tab.locator('#dots').scrollIntoViewIfNeeded();
  return tab.evaluate(from => {
    const svg = document.getElementById('dots'), found = [];
    svg.querySelectorAll('path.dots').forEach(path => {
      for (const [, x, y] of path.getAttribute('d').matchAll(/M([\d.]+) ([\d.]+)/g)) found.push([+x, +y]);
    });
    const [x, y] = found[Math.min(from, found.length - 1)];
    const at = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
    return { x: at.x, y: at.y, dots: found.length };
  }, from);
}

// What the readout says, checked against the log.
async function readout(tab) {
  const text = await tab.locator('#dot').innerText();
  const found = text.match(/^(before|after) (\d+), request (\d+): ([\d,.]+) ms = .*trace ([0-9a-f]{32})/);
  assert(found, `the readout is: ${text}`);
  const [, phase, repetition, seq, latency, trace] = found;
  const row = logs[phase].find(row => key(row) === `${repetition}/${seq}`);
  assert(row && row.trace_id === trace, `trace ${trace} is not that of ${phase} ${repetition}/${seq}`);
  assert(Math.abs(row.latency_ms - latency.replaceAll(',', '')) <= 0.051, `${latency} ms is not ${row.latency_ms}`);
  return { text, phase, row };
}

const { tab, said, asked } = await open(page);

await check('no console message, no error', async () => assert(said.length === 0, said.join('; ')));
await check('no request but for the file itself', async () => {
  assert(asked.length === 1 && asked[0] === page, asked.join(', '));
});

await check('every figure is the one in comparison.json and analysis.json', async () => {
  const figures = await tab.$$eval('data[data-from]', all => all.map(one => ({ from: one.dataset.from, value: one.value, text: one.textContent })));
  assert(figures.length > 150, `${figures.length} figures`);
  for (const { from, value, text } of figures) {
    const [file, pointer] = from.split(':');
    const stored = pointer.split('/').slice(1).reduce((inner, name) => inner?.[name], files[file]);
    assert(stored !== undefined, `${from} is in no file`);
    if (stored === null) {
      assert(text === 'none', `${from} is null and shown as ${text}`);
      continue;
    }
    assert(Number(value) === stored, `${from} is ${stored}, not ${value}`);
    const digits = text.replace('\u2212', '-').replace(/[^\d.-]/g, ''), decimals = (digits.split('.')[1] || '').length;
    const scaled = stored * (text.endsWith(' %') ? 100 : 1);
    assert(Math.abs(Number(digits) - scaled) <= 0.5 * 10 ** -decimals + 1e-9, `${from} is ${scaled}, shown as ${text}`);
  }
  const named = new Set(figures.map(one => one.from));
  for (const phase of ['before', 'after'])
    for (const name of ['p50', 'p95', 'p99']) assert(named.has(`comparison:/phases/${phase}/latency_ms/${name}`), `${phase} ${name} is not shown`);
});

await check('a dot for every row that was sent, or it says how many are left out', async () => {
  const { dots } = await dotOnScreen(tab);
  const sent = [...logs.before, ...logs.after].filter(row => row.error !== 'unsent').length;
  const told = await tab.locator('section:has(> #over-time)').innerText();
  assert(dots === sent || told.includes('left out'), `${dots} dots, ${sent} rows`);
});

await check('pointing at a dot shows its stages and its trace', async () => {
  for (const from of [0, 40, 1_000]) {
    const { x, y } = await dotOnScreen(tab, from);
    await tab.mouse.move(x - 60, y);
    await tab.mouse.move(x, y);
    const { text } = await readout(tab);
    assert(/ = .*(wait|queue|connect|receive) [\d.,]+/.test(text), text);
  }
});

await check('arrow keys step through the dots from the slowest', async () => {
  await tab.reload();
  await tab.locator('#dots').focus();
  await tab.keyboard.press('ArrowRight');
  const { row } = await readout(tab);
  const slowest = Math.max(...[...logs.before, ...logs.after].filter(row => row.error !== 'unsent').map(row => Number(row.latency_ms)));
  assert(Number(row.latency_ms) === slowest, `${row.latency_ms} is not the slowest, ${slowest}`);
});

await check('without an address of Jaeger nothing is linked', async () => {
  assert(await tab.locator('a[href^="http"]').count() === 0, 'a link to somewhere');
});

await check('a click opens the trace in Jaeger, and the pair side by side', async () => {
  const { tab, said } = await open(linked);
  await tab.context().route(`${JAEGER}/**`, route => route.fulfill({ contentType: 'text/plain', body: 'trace' }));
  const { x, y } = await dotOnScreen(tab, 40);
  const [popup] = await Promise.all([tab.waitForEvent('popup'), tab.mouse.click(x, y)]);
  await popup.waitForLoadState();
  const { phase, row } = await readout(tab);
  assert(popup.url() === `${JAEGER}/trace/${row.trace_id}`, popup.url());
  const other = phase === 'before' ? 'after' : 'before';
  const twin = logs[other].find(one => key(one) === key(row));
  const pair = phase === 'before' ? [row, twin] : [twin, row];
  const href = await tab.locator('#dot a').last().getAttribute('href');
  assert(href === `${JAEGER}/trace/${pair[0].trace_id}...${pair[1].trace_id}`, href);
  assert(said.length === 0, said.join('; '));
});

await check('it stands without JavaScript', async () => {
  const plain = await open(page, { javaScriptEnabled: false });
  const [title, words] = await Promise.all([plain.tab.locator('h1').innerText(), plain.tab.locator('main').innerText()]);
  assert(title === await tab.locator('h1').innerText(), title);
  assert(words.length > 2_000, `${words.length} characters`);
  const boxes = await plain.tab.locator('svg').all();
  let drawn = 0;
  for (const svg of boxes) drawn += Number(((await svg.boundingBox())?.height ?? 0) > 5);
  assert(drawn > 5, `${drawn} pictures of ${boxes.length} have a height`);
  await plain.tab.locator('summary').first().click();
  assert(await plain.tab.locator('details[open] table').count() > 0, 'folded figures open');
});

await check('headings, tables, pictures and links are named', async () => {
  const problems = await tab.evaluate(() => {
    const all = selector => [...document.querySelectorAll(selector)], found = [];
    const levels = all('h1,h2,h3,h4').map(one => Number(one.tagName[1]));
    if (levels.filter(level => level === 1).length !== 1) found.push('not one h1');
    levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) found.push(`h${level} behind h${levels[at - 1]}`); });
    all('table:not(.pairs)').forEach(one => { if (!one.caption) found.push('a table without a caption'); });
    all('th').forEach(one => { if (!one.scope) found.push(`th ${one.textContent} without scope`); });
    all('svg').forEach(one => {
      const named = one.getAttribute('aria-label') || one.getAttribute('aria-labelledby');
      if (one.getAttribute('role') !== 'img' || !named || !one.querySelector('title')) found.push('a picture without a name');
    });
    all('a').forEach(one => { if (!one.textContent.trim()) found.push('a link without words'); });
    all('a[href^="#"]').forEach(one => { if (!document.querySelector(one.getAttribute('href'))) found.push(`${one.href} leads nowhere`); });
    const ids = all('[id]').map(one => one.id);
    if (new Set(ids).size !== ids.length) found.push('an id twice');
    return found;
  });
  assert(problems.length === 0, problems.join('; '));
});

for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [380, 'light'], [380, 'dark']]) {
  await check(`${width} px, ${colorScheme}: nothing sticks out, words can be read`, async () => {
    const look = await open(page, { viewport: { width, height: 900 }, colorScheme });
    await look.tab.screenshot({ fullPage: true, path: join(pictures, `report-${width}-${colorScheme}.png`) });
    const seen = await look.tab.evaluate(() => {
      const light = colour => {
        const parts = colour.match(/[\d.]+/g).slice(0, 3).map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      const back = light(getComputedStyle(document.body).backgroundColor), root = document.documentElement;
      // Contrast after WCAG 2.2, 1.4.3: of running text and of soft text on the page's own ground.
      const words = [...document.querySelectorAll('p, td, th, h1, h2, .how, caption, summary')].filter(one => one.closest('.verdict, .caveats, .answers') === null);
      const least = Math.min(...words.map(one => light(getComputedStyle(one).color)).map(ink => (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05)));
      return { back, least, wide: root.scrollWidth, room: root.clientWidth };
    });
    assert(seen.wide <= seen.room, `${seen.wide} px wide in ${seen.room}`);
    assert(colorScheme === 'dark' ? seen.back < 0.1 : seen.back > 0.8, `the ground's luminance is ${seen.back}`);
    assert(seen.least >= 4.5, `contrast ${seen.least.toFixed(2)} to 1`);
  });
}

await check('it prints', async () => {
  const pdf = await tab.pdf({ path: join(pictures, 'report.pdf'), format: 'A4', printBackground: true });
  assert(pdf.length > 50_000, `${pdf.length} bytes`);
});

// For the README: the sections that tell the most, on one picture.
await check('the picture for the README', async () => {
  const look = await open(page, { viewport: { width: 1100, height: 900 }, colorScheme: 'light' });
  await look.tab.evaluate(() => {
    const kept = ['.verdict', '.answers', '#causes', '#over-time'].map(one => document.querySelector(one).closest('section'));
    document.querySelectorAll('main > section').forEach(one => { if (!kept.includes(one)) one.remove(); });
    document.querySelectorAll('.top nav, #causes ~ .scroll, details, .readout').forEach(one => one.remove());
  });
  await look.tab.screenshot({ fullPage: true, path: join(pictures, 'readme.png') });
});

await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
