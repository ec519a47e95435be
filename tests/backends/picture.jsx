// A dashboard's panels, drawn in a browser by Grafana's own component library (@grafana/ui) from the dashboard's JSON and
// Prometheus' answers: the JSON in the element `dashboard`, {from, to, title, note, panels: [{panel, answers}]}, times in ms. Only the kinds of panel are
// drawn whose drawing is in that library: no heat map, no bars.
const { createRoot } = require('react-dom/client');
const grafana = require('@grafana/data');
const { initPluginTranslations } = require('@grafana/i18n');
const { BigValue, GlobalStyles, PanelChrome, PanelContextProvider, Table, ThemeContext, TimeSeries } = require('@grafana/ui');
const { parsed, prepared, properties, replaceVariables } = require('./frames.cjs');

const WIDTH = 1320, COLUMNS = 24, ROW = 38, GAP = 8;
const theme = grafana.createTheme({ colors: { mode: 'light' } });
// what a panel's JSON leaves out, Grafana's app fills in; these are its defaults
const LINE = { axisPlacement: 'auto', lineInterpolation: 'linear', pointSize: 5, axisBorderShow: false, gradientMode: 'none' };
const DRAWN = { stat: Stat, table: Rows, timeseries: Lines };

function Stat({ panel, data, width, height }) {
  const { reduceOptions, ...options } = panel.options;
  const values = grafana.getFieldDisplayValues({ fieldConfig: panel.fieldConfig, reduceOptions, data, replaceVariables, theme });
  const each = (width - GAP * (values.length - 1)) / values.length;
  return (
    <div style={{ display: 'flex', gap: GAP }}>
      {values.map(({ display }, at) => (
        <BigValue key={at} value={display} width={each} height={height} theme={theme} {...options} />
      ))}
    </div>
  );
}

function Rows({ panel, data, width, height }) {
  return <Table data={data[0]} width={width} height={height} columnMinWidth={80} {...panel.options} />;
}

function Lines({ panel, data, width, height, dashboard }) {
  const from = grafana.dateTime(dashboard.from), to = grafana.dateTime(dashboard.to);
  const timeRange = { from, to, raw: { from, to } };
  const matcher = (id, options) => grafana.fieldMatchers.get(id).get(options);
  const fields = {
    x: matcher(grafana.FieldMatcherID.firstTimeField, {}),
    y: matcher(grafana.FieldMatcherID.byTypes, new Set(['number'])),
  };
  return (
    <TimeSeries
      frames={data.map((frame) => grafana.applyNullInsertThreshold({ frame }))}
      fields={fields}
      timeRange={timeRange}
      timeZone="utc"
      width={width}
      height={height}
      legend={panel.options.legend}
      options={panel.options}
    />
  );
}

function Page({ dashboard, drawn }) {
  const column = (WIDTH + GAP) / COLUMNS;
  return (
    <div style={{ width: WIDTH + 2 * GAP, padding: GAP }}>
      <h3>{dashboard.title}</h3>
      <p style={{ color: theme.colors.text.secondary }}>{dashboard.note}</p>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: GAP }}>
        {drawn.map(({ panel, data }) => {
          const Drawing = DRAWN[panel.type];
          const size = { width: Math.floor(panel.gridPos.w * column) - GAP, height: panel.gridPos.h * ROW - GAP };
          return (
            <div key={panel.id} style={size}>
              <PanelChrome title={panel.title} padding="md" {...size}>
                {(width, height) => <Drawing {...{ panel, data, width, height, dashboard }} />}
              </PanelChrome>
            </div>
          );
        })}
      </div>
    </div>
  );
}

async function main() {
  await initPluginTranslations('spanload');
  // axes are measured in it
  await document.fonts.load('12px Inter');
  const dashboard = parsed(document.getElementById('dashboard').textContent);
  const shown = dashboard.panels.filter(({ panel }) => panel.type in DRAWN);
  const drawn = [];
  for (const one of shown.filter(({ panel }) => panel.type === 'timeseries')) {
    const { defaults } = one.panel.fieldConfig;
    one.panel.fieldConfig.defaults = { color: { mode: 'palette-classic' }, ...defaults, custom: { ...LINE, ...defaults.custom } };
  }
  const registry = properties(shown);
  for (const one of shown) {
    drawn.push({ panel: one.panel, data: await prepared(one, registry, theme) });
  }
  document.body.style.background = theme.colors.background.canvas;
  const context = { eventBus: new grafana.EventBusSrv(), eventsScope: 'picture', canAddAnnotations: () => false };
  createRoot(document.getElementById('root')).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles hackNoBackdropBlur />
      <PanelContextProvider value={context}>
        <Page dashboard={dashboard} drawn={drawn} />
      </PanelContextProvider>
    </ThemeContext.Provider>
  );
}

main().catch((error) => {
  document.body.textContent = `not drawn: ${error.stack}`;
});
