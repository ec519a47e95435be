// Checks report.html of a run in Chromium: node page.mjs FOLDER PICTURES
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  // a machine that is busy opens pages slowly
  tab.setDefaultTimeout(300_000);
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
  const at = place => {
    if (place === '0') return 0;
    const [file, pointer] = place.split(':');
    return pointer.split('/').slice(1).reduce((inner, name) => inner?.[name], files[file]);
  };
  for (const { from, value, text } of figures) {
    const [one, by, other] = from.split(' '), parts = by ? [at(one), at(other)] : [at(one)];
    assert(parts.every(part => part !== undefined), `${from} is in no file`);
    if (parts.includes(null)) {
      assert(text === 'none', `${from} is null and shown as ${text}`);
      continue;
    }
    const stored = by ? (by === '-' ? parts[0] - parts[1] : parts[0] / parts[1]) : parts[0];
    assert(by ? Math.abs(value - stored) < 6e-4 : Number(value) === stored, `${from} is ${stored}, not ${value}`);
    const digits = text.replace('\u2212', '-').replace(/[^\d.-]/g, ''), decimals = (digits.split('.')[1] || '').length;
    const scaled = Number(value) * (text.endsWith(' %') ? 100 : 1);
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
    const seen = await look.tab.evaluate(look_at);
    assert(seen.wide <= seen.room, `${seen.wide} px wide in ${seen.room}`);
    assert(colorScheme === 'dark' ? seen.back < 0.1 : seen.back > 0.8, `the ground's luminance is ${seen.back}`);
    assert(seen.words > 500, `${seen.words} texts`);
    assert(seen.faint.length === 0, seen.faint.join('; '));
  });
}

// In the page: its width, and every text whose contrast after WCAG 2.2, 1.4.3, is below 4.5 to 1, on the ground it has.
function look_at() {
  document.querySelectorAll('details').forEach(one => { one.open = true; });
  const colour = text => {
    const numbers = text.match(/[\d.]+/g).map(Number), unit = text.startsWith('color(') ? 1 : 255;
    return { parts: numbers.slice(0, 3).map(part => part / unit), alpha: numbers[3] ?? 1 };
  };
  const light = ({ parts }) => {
    const [red, green, blue] = parts.map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = one => {
    // A name in a bar stands on the part of the bar that has its colour.
    const cause = [...one.classList].find(name => name.startsWith('on-'));
    if (cause) return colour(getComputedStyle(one.closest('.bar-track').querySelector(`rect.c-${cause.slice(3)}`)).fill);
    for (let up = one; up; up = up.parentElement) {
      const back = colour(getComputedStyle(up).backgroundColor);
      if (back.alpha === 1) return back;
    }
    return colour(getComputedStyle(document.body).backgroundColor);
  };
  const says = one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const shown = one => one.getClientRects().length && !one.closest('script, style, title, desc');
  const words = [...document.querySelectorAll('body *')].filter(one => says(one) && shown(one));
  const faint = words.flatMap(one => {
    const style = getComputedStyle(one), ink = light(colour(one.closest('svg') ? style.fill : style.color)), back = light(ground(one));
    const contrast = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
    return contrast < 4.5 ? [`${one.tagName}.${one.getAttribute('class') ?? ''} "${one.textContent.slice(0, 30)}": ${contrast.toFixed(2)} to 1`] : [];
  });
  const root = document.documentElement;
  return { back: light(ground(document.body)), faint, words: words.length, wide: root.scrollWidth, room: root.clientWidth };
}

await check('a name in a bar is whole or not there, at any width', async () => {
  for (const width of [320, 380, 480, 640, 641, 768, 1024, 1280, 1600]) {
    const look = await open(page, { viewport: { width, height: 900 } });
    const { cut, seen } = await look.tab.evaluate(() => {
      const cut = [];
      let seen = 0;
      document.querySelectorAll('.in-bar b, .bar-track .beside').forEach(one => {
        const range = document.createRange();
        range.selectNodeContents(one);
        const words = range.getBoundingClientRect(), room = (one.closest('.in-bar') ?? one.closest('.bar-track')).getBoundingClientRect();
        if (words.top >= room.bottom - 1) return;
        seen++;
        if (words.left < room.left - 1 || words.right > room.right + 1 || words.top < room.top - 1 || words.bottom > room.bottom + 1) cut.push(one.textContent);
      });
      document.querySelectorAll('body *').forEach(one => { if (getComputedStyle(one).textOverflow !== 'clip') cut.push(`${one.className} is cut with dots`); });
      return { cut, seen };
    });
    assert(cut.length === 0, `${width} px: ${cut.join('; ')}`);
    assert(seen >= (width > 1000 ? 4 : 2), `${width} px: ${seen} names`);
    await look.tab.close();
  }
});

for (const colorScheme of ['light', 'dark']) await check(`380 px, ${colorScheme}: no table is wider than the screen, a chart that is says so`, async () => {
  const look = await open(page, { viewport: { width: 380, height: 900 }, colorScheme });
  const problems = await look.tab.evaluate(() => {
    const all = selector => [...document.querySelectorAll(selector)], found = [];
    document.querySelectorAll('details').forEach(one => { one.open = true; });
    all('.scroll').filter(one => one.scrollWidth > one.clientWidth + 1).forEach(one => {
      const name = one.getAttribute('aria-label');
      if (!one.matches('.chart')) found.push(`${name} must be scrolled sideways`);
      if (getComputedStyle(one).backgroundImage === 'none') found.push(`${name} has no shadow at its end`);
      const hint = getComputedStyle(one, '::before');
      if (one.matches('.chart') && (hint.display === 'none' || !hint.content.includes('scroll'))) found.push(`${name} does not say that it scrolls`);
    });
    for (const table of all('table')) for (const cell of table.querySelectorAll('tbody th, tbody td, tfoot td')) {
      const { left, right, width, height } = cell.getBoundingClientRect();
      if (!cell.textContent && !cell.firstChild) continue;
      if (left < 0 || right > innerWidth || !width || !height) found.push(`${cell.dataset.label}: ${cell.textContent} reaches from ${left} to ${right}`);
    }
    const named = ['.sla td[data-label=judged]', '.main td[data-label=before]', '.ladder td[data-label=measured]', '.causes td[data-label="slowest 5 %"]', '.requests td[data-label=wait]'];
    named.filter(one => !document.querySelector(one)).forEach(one => found.push(`no ${one}`));
    return found;
  });
  assert(problems.length === 0, problems.join('; '));
});

for (const javaScriptEnabled of [true, false]) {
  await check(`${javaScriptEnabled ? 'with' : 'without'} JavaScript it prints whole: what is folded, and no page that is nearly blank`, async () => {
    const look = await open(page, { javaScriptEnabled });
    const pdf = join(pictures, javaScriptEnabled ? 'report.pdf' : 'report-plain.pdf');
    await look.tab.pdf({ path: pdf, format: 'A4', printBackground: true });
    // A long word may be broken at the end of a line.
    const printed = execFileSync('pdftotext', [pdf, '-'], { encoding: 'utf8', maxBuffer: 1 << 26 }).replace(/\s+/g, '');
    for (const phase of ['before', 'after']) {
      const answered = logs[phase].filter(row => row.error === '');
      if (answered.length === 0) continue;
      const slowest = Math.max(...answered.map(row => Number(row.latency_ms)));
      assert(answered.some(row => Number(row.latency_ms) === slowest && printed.includes(row.trace_id)), `the slowest trace ${phase} is not on paper`);
    }
    for (const key of keys(JSON.parse(readFileSync(join(folder, 'manifest.json'))).scenario)) assert(printed.includes(key), `${key} is not on paper`);
    assert(printed.includes('Eachrepetitionbyitself'), 'all figures are not on paper');
    const used = usedOf(pdf);
    used.slice(0, -1).forEach((share, at) => assert(share >= 0.5, `page ${at + 1} of ${used.length} is used to ${(share * 100).toFixed(0)} %`));
  });
}

// Paths of all leaves that are not null.
function keys(value, path = '') {
  if (value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([name, inner]) => keys(inner, path ? `${path}.${name}` : name));
}

// Of each page: how far down it has anything.
function usedOf(pdf) {
  const drawn = mkdtempSync(join(tmpdir(), 'pages-'));
  execFileSync('pdftoppm', ['-r', '20', '-gray', pdf, join(drawn, 'page')]);
  const shares = readdirSync(drawn).sort().map(name => {
    const bytes = readFileSync(join(drawn, name)), [head, width, height] = bytes.toString('latin1').match(/^P5\s+(\d+)\s+(\d+)\s+255\s/).map(one => Number(one) || one.length);
    let last = 0;
    for (let at = head; at < bytes.length; at++) if (bytes[at] < 245) last = at - head;
    return (Math.floor(last / width) + 1) / height;
  });
  rmSync(drawn, { recursive: true });
  return shares;
}

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
