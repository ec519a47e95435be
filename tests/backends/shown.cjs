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
const { FieldType } = grafana;
const { firstValueFrom } = require('rxjs');

const theme = grafana.createTheme();
const replaceVariables = (text) => text;

// by id, for some are there twice under an old name
const transformers = new Map(Object.values(grafana.standardTransformers).map((one) => [one.id, one]));
grafana.standardTransformersRegistry.setInit(() =>
  [...transformers.values()].map((transformation) => ({ id: transformation.id, name: transformation.name, transformation }))
);

// a registry that takes every property as it is; Grafana's own also has the editors, which are not in the library
function properties(panels) {
  const ids = panels.flatMap(({ panel }) =>
    panel.fieldConfig.overrides.flatMap((override) => override.properties.map((property) => property.id))
  );
  const item = (id) => ({
    id,
    name: id,
    path: id.replace(/^custom\./, ''),
    isCustom: id.startsWith('custom.'),
    process: (value) => value,
    shouldApply: () => true,
  });
  return new grafana.Registry(() => [...new Set(ids)].map(item));
}

// https://grafana.com/docs/grafana/latest/datasources/prometheus/query-editor/: formats
function framesOf({ answers }) {
  return answers.flatMap((answer) =>
    answer.format === 'table' ? [table(answer, answers.length > 1)] : answer.series.map((one) => line(answer, one))
  );
}

function table({ ref, series }, several) {
  const rows = series.flatMap(({ labels, points }) => points.map(([at, value]) => ({ at, labels, value })));
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.labels)))].sort();
  const fields = [
    { name: 'Time', type: FieldType.time, config: {}, values: rows.map((row) => row.at * 1000) },
    ...names.map((name) => ({ name, type: FieldType.string, config: {}, values: rows.map((row) => row.labels[name] ?? '') })),
    { name: several ? `Value #${ref}` : 'Value', type: FieldType.number, config: {}, values: rows.map((row) => row.value) },
  ];
  return { refId: ref, fields, length: rows.length };
}

function line({ ref, legend }, { labels, points }) {
  const displayNameFromDS = legend.replace(/{{(\w+)}}/g, (_, label) => labels[label] ?? '');
  const fields = [
    { name: 'Time', type: FieldType.time, config: {}, values: points.map(([at]) => at * 1000) },
    { name: 'Value', type: FieldType.number, labels, config: { displayNameFromDS }, values: points.map(([, value]) => value) },
  ];
  return { refId: ref, fields, length: points.length };
}

async function shown(one, fieldConfigRegistry) {
  const { panel } = one;
  const transformed = await firstValueFrom(
    grafana.transformDataFrame(panel.transformations ?? [], framesOf(one), { interpolate: replaceVariables })
  );
  const data = grafana.applyFieldOverrides({
    data: transformed,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry,
    replaceVariables,
    theme,
    timeZone: 'utc',
  });
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
  // JSON has no word for infinity; Prometheus writes +Inf
  const number = (_, value) => (value === '+Inf' ? Infinity : value);
  const panels = JSON.parse(Buffer.concat(chunks).toString(), number);
  const registry = properties(panels);
  const answers = [];
  for (const one of panels) {
    answers.push(await shown(one, registry));
  }
  // a library prints to standard output when it is loaded
  fs.writeFileSync(process.argv[2], JSON.stringify(answers));
}

main();
