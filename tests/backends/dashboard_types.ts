// What a dashboard of grafana/dashboards may hold: Grafana's own types, with panels told apart by their plugin, so
// that a misspelt option is an error, and with what house rules ask for (a title and a description each).
import type * as schema from '@grafana/schema';
import type * as BarChart from '@grafana/schema/dist/esm/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen';
import type * as Heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as Stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as Table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as TimeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// JSON has strings where TypeScript has enums, and leaves out what has a default
type Literal<T> = unknown extends T ? T
  : T extends string ? `${T}`
  : T extends (infer Item)[] ? Literal<Item>[]
  : T extends object ? { [Key in keyof T]: Literal<T[Key]> }
  : T;
type Partially<T> = T extends (infer Item)[] ? Partially<Item>[]
  : T extends object ? { [Key in keyof T]?: Partially<T[Key]> }
  : T;
type Loose<T> = Partially<Literal<T>>;

interface DataLink {
  title: string;
  url: string;
  targetBlank?: boolean;
}

interface Defaults<Custom> extends Omit<Literal<schema.FieldConfig>, 'custom' | 'links' | 'thresholds'> {
  custom?: Loose<Custom>;
  links?: DataLink[];
  thresholds?: Literal<schema.ThresholdsConfig>;
}

interface Override {
  matcher: { id: 'byName' | 'byRegexp' | 'byFrameRefID'; options: string };
  properties: { id: string; value: unknown }[];
}

interface PrometheusTarget {
  refId: string;
  expr: string;
  legendFormat: string;
  format: 'time_series' | 'table' | 'heatmap';
  instant: boolean;
  range: boolean;
  exemplar?: boolean;
}

interface JaegerTarget {
  refId: string;
  queryType: 'search';
  service: string;
  operation?: string;
  tags?: string;
  minDuration?: string;
  limit?: number;
}

interface PanelOf<Type, Options, Custom, Target = PrometheusTarget>
  extends Omit<Literal<schema.Panel>, 'type' | 'options' | 'fieldConfig' | 'targets' | 'transformations' | 'datasource'> {
  type: Type;
  id: number;
  title: string;
  description: string;
  datasource: Target extends PrometheusTarget
    ? { type: 'prometheus'; uid: '${datasource}' }
    : { type: 'jaeger'; uid: '${jaeger}' };
  gridPos: schema.GridPos;
  options: Loose<Options>;
  fieldConfig: { defaults: Defaults<Custom>; overrides: Override[] };
  targets: Target[];
  transformations?: Literal<schema.DataTransformerConfig>[];
}

type Panel =
  | PanelOf<'timeseries', TimeSeries.Options, schema.GraphFieldConfig>
  | PanelOf<'barchart', BarChart.Options, BarChart.FieldConfig>
  | PanelOf<'heatmap', Heatmap.Options, Heatmap.FieldConfig>
  | PanelOf<'stat', Stat.Options, never>
  | PanelOf<'table', Table.Options, Table.FieldConfig>
  | PanelOf<'table', Table.Options, Table.FieldConfig, JaegerTarget>;

interface Annotation extends Omit<Literal<schema.AnnotationQuery>, 'target'> {
  expr: string;
  step: string;
  titleFormat: string;
  textFormat: string;
  tagKeys: string;
}

export interface Dashboard
  extends Omit<Literal<schema.Dashboard>, 'panels' | 'annotations' | 'templating' | 'schemaVersion' | 'graphTooltip'> {
  uid: string;
  title: string;
  schemaVersion: 39 | 40 | 41;
  graphTooltip: schema.DashboardCursorSync;
  annotations: { list: Annotation[] };
  templating: { list: Literal<schema.VariableModel>[] };
  panels: Panel[];
}
