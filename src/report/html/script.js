// Hover and links for the dots. Without it the page lacks nothing but these.
(() => {
  const svg = document.getElementById('dots'), rows = document.getElementById('rows'), out = document.getElementById('dot');
  if (!svg || !rows) return;
  const names = rows.dataset.stages.split(' '), jaeger = rows.dataset.jaeger, dots = [], at = {};
  const lines = rows.textContent.trim().split('\n');
  let n = 0;
  svg.querySelectorAll('path.dots').forEach(path => {
    for (const [, x, y] of path.getAttribute('d').matchAll(/M(-?[\d.]+) (-?[\d.]+)/g)) {
      const f = lines[n++].split(','), stages = f.slice(4, 4 + names.length);
      const dot = { x: +x, y: +y, phase: path.dataset.group, rep: f[0], seq: f[1], trace: f[2], end: f[3], partner: f[4 + names.length],
        stages: stages.map((v, i) => v && `${names[i]} ${ms(v)}`).filter(Boolean), us: stages.reduce((a, v) => a + +v, 0) };
      dots.push(dot);
      at[dot.phase + dot.rep + '/' + dot.seq] = dot;
    }
  });
  const slow = [...dots].sort((a, b) => b.us - a.us), ring = [9, 6].map(r => {
    const c = document.createElementNS(svg.namespaceURI, 'circle');
    c.setAttribute('class', 'ring'); c.setAttribute('r', r); c.style.display = 'none';
    return svg.appendChild(c);
  });
  let now;
  function ms(us) { return (us / 1e3).toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 }); }
  function link(text, path) {
    const a = document.createElement('a');
    a.textContent = text; a.href = jaeger + '/trace/' + path; a.target = '_blank'; a.rel = 'noreferrer';
    out.append(' ', a);
  }
  function show(dot) {
    now = dot;
    const other = at[(dot.phase == 'before' ? 'after' : 'before') + dot.rep + '/' + dot.seq];
    [dot, other].forEach((d, i) => {
      ring[i].style.display = d ? '' : 'none';
      if (d) { ring[i].setAttribute('cx', d.x); ring[i].setAttribute('cy', d.y); }
    });
    out.textContent = `${dot.phase} ${dot.rep}, request ${dot.seq}: ${ms(dot.us)} ms = ${dot.stages.join(' + ')}; ${/^\d/.test(dot.end) ? 'status ' : ''}${dot.end || 'no status'}; trace ${dot.trace}`
      + (other ? `; the same request ${other.phase}: ${ms(other.us)} ms (small ring)` : '');
    if (!jaeger) return;
    link('trace in Jaeger', dot.trace);
    if (dot.partner) link('before and after side by side', dot.phase == 'before' ? `${dot.trace}...${dot.partner}` : `${dot.partner}...${dot.trace}`);
  }
  function nearest(event) {
    const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    let best, least = 144;
    for (const d of dots) { const q = (d.x - p.x) ** 2 + (d.y - p.y) ** 2; if (q < least) { least = q; best = d; } }
    return best;
  }
  const open = dot => dot && jaeger && window.open(jaeger + '/trace/' + dot.trace, '_blank', 'noreferrer');
  svg.addEventListener('pointermove', event => { const dot = nearest(event); if (dot && dot != now) show(dot); });
  svg.addEventListener('click', event => { const dot = nearest(event); if (dot) { show(dot); open(dot); } });
  svg.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key == 'Enter') open(now);
    if (!step || !slow.length) return;
    event.preventDefault();
    show(slow[Math.min(slow.length - 1, Math.max(0, now ? slow.indexOf(now) + step : 0))]);
  });
})();
