// What a panel shows: Grafana's own library (@grafana/data) applies a panel's transformations, units, thresholds and
// mappings to answers of Prometheus. Standard input: [{panel, answers: [{ref, format, legend, series}]}], a series being
// {labels, points: [[seconds, value]]}. Into the file of the first argument, a panel each: {frames: [{name: {texts, colors, links}}], stats}.
const fs = require('fs');
const { JSDOM } = require('jsdom');

// the library looks for a browser when it is loaded
const { window } = new JSDOM('', { url: 'http://localhost/' });
for (const name of ['document', 'HTMLElement', 'Node', 'location', 'localStorage', 'MutationObserver']) {
  global[name] = window[name];
}
global.window = window;
global.self = window;
window.matchMedia = () => ({ matches: false, addListener() {}, removeListener() {} });
Object.defineProperty(global, 'navigator', { value: window.navigator, configurable: true });

const grafana = require('@grafana/data');
const { parsed, prepared, properties, replaceVariables } = require('./frames.cjs');

const theme = grafana.createTheme();

async function shown(one, fieldConfigRegistry) {
  const { panel } = one;
  const data = await prepared(one, fieldConfigRegistry, theme);
  return { frames: data.map((frame) => frameShown(frame, data)), stats: panel.type === 'stat' ? stats(panel, data) : [] };
}

function frameShown(frame, all) {
  const entries = frame.fields.map((field) => {
    const values = [...field.values].map((value) => field.display(value));
    const shown = {
      texts: values.map(grafana.formattedValueToString),
      colors: values.map((value) => value.color ?? ''),
      links: (field.config.links ?? []).length,
    };
    return [grafana.getFieldDisplayName(field, frame, all), shown];
  });
  return Object.fromEntries(entries);
}

function stats(panel, data) {
  const { reduceOptions } = panel.options;
  const values = grafana.getFieldDisplayValues({ fieldConfig: panel.fieldConfig, reduceOptions, data, replaceVariables, theme });
  return values.map(({ display }) => ({ title: display.title, text: grafana.formattedValueToString(display), color: display.color }));
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
  }
  const panels = parsed(Buffer.concat(chunks).toString());
  const registry = properties(panels);
  const answers = [];
  for (const one of panels) {
    answers.push(await shown(one, registry));
  }
  // a library prints to standard output when it is loaded
  fs.writeFileSync(process.argv[2], JSON.stringify(answers));
}

main();
