// Data frames of a panel: answers of Prometheus as Grafana's data source makes frames of them, and what Grafana's own library
// (@grafana/data) makes of these by the panel's transformations and field configuration. An answer is
// {ref, format, legend, series}, a series {labels, points: [[seconds, value]]}.
const grafana = require('@grafana/data');
const { firstValueFrom } = require('rxjs');
const { FieldType } = grafana;

const replaceVariables = (text) => text;

// by id, for some are there twice under an old name
const transformers = new Map(Object.values(grafana.standardTransformers).map((one) => [one.id, one]));
grafana.standardTransformersRegistry.setInit(() =>
  [...transformers.values()].map((transformation) => ({ id: transformation.id, name: transformation.name, transformation }))
);

// a registry that takes every property as it is; Grafana's own also has the editors, which are not in the library
function properties(panels) {
  const ids = panels.flatMap(({ panel }) => {
    const { custom = {}, ...defaults } = panel.fieldConfig.defaults;
    const overridden = panel.fieldConfig.overrides.flatMap((override) => override.properties.map((property) => property.id));
    return [...Object.keys(defaults), ...Object.keys(custom).map((id) => `custom.${id}`), ...overridden];
  });
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
  // the distance of points, by which a panel knows a gap
  const config = { interval: 1000 };
  const fields = [
    { name: 'Time', type: FieldType.time, config, values: points.map(([at]) => at * 1000) },
    { name: 'Value', type: FieldType.number, labels, config: { displayNameFromDS }, values: points.map(([, value]) => value) },
  ];
  return { refId: ref, fields, length: points.length };
}

// The frames that a panel draws.
async function prepared(one, fieldConfigRegistry, theme) {
  const { panel } = one;
  const transformed = await firstValueFrom(
    grafana.transformDataFrame(panel.transformations ?? [], framesOf(one), { interpolate: replaceVariables })
  );
  return grafana.applyFieldOverrides({
    data: transformed,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry,
    replaceVariables,
    theme,
    timeZone: 'utc',
  });
}

// JSON has no word for infinity; Prometheus writes +Inf
const parsed = (text) => JSON.parse(text, (_, value) => (value === '+Inf' ? Infinity : value));

module.exports = { parsed, prepared, properties, replaceVariables };
