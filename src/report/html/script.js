// Unfolds what is printed; hover and links for the dots. Without it the page lacks nothing else.
(() => {
let folded = [];
addEventListener('beforeprint', () => (folded = [...document.querySelectorAll('details:not([open])')]).forEach(d => d.open = true));
addEventListener('afterprint', () => folded.forEach(d => d.open = false));
const get = id => document.getElementById(id), svg = get('dots'), rows = get('rows'), out = get('dot');
if (!svg || !rows) return;
const names = rows.dataset.stages.split(' '), jaeger = rows.dataset.jaeger, lines = rows.textContent.trim().split('\n'), dots = [], at = {};
const ms = us => (us / 1e3).toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
svg.querySelectorAll('path.dots').forEach(path => {
  for (const [, x, y] of path.getAttribute('d').matchAll(/M([\d.]+) ([\d.]+)/g)) {
    const [rep, seq, trace, end, ...f] = lines[dots.length].split(','), { group: phase, said = '' } = path.dataset, partner = f.pop();
    dots.push(at[phase + rep + '/' + seq] = { x, y, phase, said, rep, seq, trace, end, partner, us: f.reduce((a, v) => a + +v, 0),
      stages: f.map((v, i) => v && names[i] + ' ' + ms(v)).filter(Boolean).join(' + ') });
  }
});
const slow = [...dots].sort((a, b) => b.us - a.us), rings = [9, 6].map(r => {
  const ring = document.createElementNS(svg.namespaceURI, 'circle');
  ring.setAttribute('r', r);
  ring.setAttribute('class', 'none');
  return svg.appendChild(ring);
});
let now;
const link = (text, path) => out.append(' ', Object.assign(document.createElement('a'),
  { textContent: text, href: `${jaeger}/trace/${path}`, target: '_blank', rel: 'noreferrer' }));
const show = dot => {
  now = dot;
  const twin = at[(dot.phase == 'before' ? 'after' : 'before') + dot.rep + '/' + dot.seq], other = twin ? twin.trace : dot.partner;
  [dot, twin].forEach((d, i) => {
    rings[i].setAttribute('class', d ? 'ring' : 'none');
    if (d) { rings[i].setAttribute('cx', d.x); rings[i].setAttribute('cy', d.y); }
  });
  out.textContent = `${dot.phase} ${dot.rep}, request ${dot.seq}: ${ms(dot.us)} ms = ${dot.stages}; ${dot.end > 0 ? 'status ' : ''}${dot.end}${dot.said && '; ' + dot.said}; trace ${dot.trace}`
    + (twin ? `; ${twin.phase}: ${ms(twin.us)} ms (small ring)` : '');
  if (!jaeger) return;
  link('open in Jaeger', dot.trace);
  if (other) link('compare before and after', dot.phase == 'before' ? `${dot.trace}...${other}` : `${other}...${dot.trace}`);
};
const near = event => {
  const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  let best, least = 144;
  for (const d of dots) { const q = (d.x - p.x) ** 2 + (d.y - p.y) ** 2; if (q < least) { least = q; best = d; } }
  if (best && best != now) show(best);
  return best;
};
const open = dot => dot && jaeger && window.open(`${jaeger}/trace/${dot.trace}`, '_blank', 'noreferrer');
svg.addEventListener('pointermove', near);
svg.addEventListener('click', event => open(near(event)));
svg.addEventListener('keydown', event => {
  if (event.key == 'Enter') return open(now);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  show(slow[Math.min(slow.length - 1, Math.max(0, now ? slow.indexOf(now) + step : 0))]);
});
})();
