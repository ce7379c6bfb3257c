/** What is measured, how much of it is allowed, and how samples become the rows of a table. Pure. */
import { type Column, table } from '../../lab/cli/table.ts';

export const partNames = [
  'up',
  'fork',
  'pool',
  'commands',
  'idle',
  'twelve',
  'side-by-side',
  'setup',
  'failover',
  'noticed',
  'share',
  'set',
] as const;

/** Left out unless they are asked for: they take minutes. */
export const longParts: readonly (typeof partNames)[number][] = ['twelve', 'set'];
/** What `--only` chooses. */
export type PartName = (typeof partNames)[number];

type Unit = 's' | 'CPU s' | 'x' | 'MB' | 'GB' | '%' | '% of a core' | 'cores';

export interface FigureSpec {
  readonly part: PartName;
  readonly what: string;
  readonly unit: Unit;
  /** Judged by the median; none: the figure is only reported. */
  readonly target?: { readonly below: number } | { readonly atMost: number };
}

/** In the table's order. */
export const figureSpecs = {
  upWall: { part: 'up', what: 'lab:up --fresh, to first full backup', unit: 's' },
  handWall: { part: 'up', what: 'the same by hand', unit: 's' },
  wallRatio: { part: 'up', what: 'lab:up --fresh / by hand, wall', unit: 'x', target: { atMost: 0.8 } },
  hastyWall: { part: 'up', what: 'by hand, all at once: standbys copy the leader', unit: 's' },
  hastyRatio: { part: 'up', what: 'lab:up --fresh / by hand, all at once', unit: 'x' },
  upCpu: { part: 'up', what: 'lab:up --fresh, whole machine', unit: 'CPU s', target: { below: 13 } },
  handCpu: { part: 'up', what: 'the same by hand', unit: 'CPU s' },
  cpuRatio: { part: 'up', what: 'lab:up --fresh / by hand, CPU', unit: 'x', target: { atMost: 1 } },
  upContainers: { part: 'up', what: 'lab:up --fresh, containers alone', unit: 'CPU s' },
  handContainers: { part: 'up', what: 'the same by hand', unit: 'CPU s' },
  forkWall: { part: 'fork', what: 'lab:up, forked', unit: 's', target: { below: 4.5 } },
  forkCpu: { part: 'fork', what: 'lab:up, forked, whole machine', unit: 'CPU s', target: { below: 7 } },
  forkRatio: { part: 'fork', what: 'lab:up, forked / by hand, wall', unit: 'x', target: { atMost: 0.35 } },
  forkDisk: { part: 'fork', what: 'disk of a fork, etcd left out', unit: 'MB', target: { below: 60 } },
  forkEtcd: { part: 'fork', what: "disk of a fork's etcd", unit: 'MB' },
  snapshot: { part: 'fork', what: 'lab:snapshot of a running lab', unit: 's', target: { below: 8 } },
  pooled: { part: 'pool', what: 'lab:up from the pool', unit: 's', target: { below: 1.5 } },
  status: { part: 'commands', what: 'pglab status', unit: 's', target: { below: 0.6 } },
  help: { part: 'commands', what: 'pglab --help', unit: 's', target: { below: 0.25 } },
  down: { part: 'commands', what: 'lab:down', unit: 's', target: { below: 4 } },
  memory: { part: 'idle', what: 'memory of an idle lab', unit: 'MB', target: { below: 400 } },
  idleCpu: { part: 'idle', what: 'CPU of an idle lab', unit: '% of a core' },
  twelveMemory: { part: 'twelve', what: 'memory of twelve idle labs', unit: 'GB', target: { below: 5 } },
  twelveCpu: { part: 'twelve', what: 'CPU of twelve idle labs', unit: 'cores', target: { below: 1 } },
  fourWall: { part: 'side-by-side', what: 'four labs side by side', unit: 's' },
  fourRatio: { part: 'side-by-side', what: 'four labs / one, wall', unit: 'x', target: { atMost: 3.2 } },
  setup: { part: 'setup', what: 'npm run setup, nothing to do', unit: 's', target: { below: 2 } },
  etcdImage: { part: 'setup', what: 'image etcd', unit: 'MB', target: { below: 600 } },
  repoImage: { part: 'setup', what: 'image repo', unit: 'MB', target: { below: 600 } },
  patroniImage: { part: 'setup', what: 'image patroni', unit: 'MB', target: { below: 600 } },
  failover: { part: 'failover', what: 'leader killed to new leader', unit: 's' },
  noticed: { part: 'noticed', what: 'new leader ready to noticed by a replay', unit: 's', target: { atMost: 0.3 } },
  shareWhole: { part: 'share', what: "the lab's own share of a replay's CPU", unit: '%', target: { below: 25 } },
  replayContainers: { part: 'share', what: "a replay: hosts' containers", unit: 'CPU s' },
  replayNode: { part: 'share', what: "a replay: the lab's node", unit: 'CPU s' },
  replayEngine: { part: 'share', what: 'a replay: dockerd and containerd', unit: 'CPU s' },
  replayRest: { part: 'share', what: 'a replay: runc, shims, proxies, kernel', unit: 'CPU s' },
  shareSteps: { part: 'share', what: "the lab's own share of its steps' CPU", unit: '%', target: { below: 25 } },
  stepsContainers: { part: 'share', what: "its steps: hosts' containers", unit: 'CPU s' },
  stepsNode: { part: 'share', what: "its steps: the lab's node", unit: 'CPU s' },
  stepsEngine: { part: 'share', what: 'its steps: dockerd and containerd', unit: 'CPU s' },
  stepsRest: { part: 'share', what: 'its steps: runc, shims, proxies, kernel', unit: 'CPU s' },
  setWall: { part: 'set', what: 'every scenario, lab:replay --all', unit: 's' },
  setAverage: { part: 'set', what: 'every scenario, a replay on average', unit: 's', target: { atMost: 10 } },
  setCpu: { part: 'set', what: 'every scenario, a replay on average', unit: 'CPU s' },
  setShare: { part: 'set', what: "every scenario, the lab's own share of CPU", unit: '%', target: { below: 25 } },
  setNode: { part: 'set', what: "every scenario, a replay on average: the lab's node", unit: 'CPU s' },
  setRatio: { part: 'set', what: 'every scenario / the larger of CPU per core and the longest', unit: 'x', target: { atMost: 1.2 } },
} as const satisfies Record<string, FigureSpec>;

export type FigureKey = keyof typeof figureSpecs;

/** What one repetition measured; what could not be measured is left out. */
export type Samples = Partial<Record<FigureKey, number[]>>;

export interface Figure extends FigureSpec {
  readonly key: FigureKey;
  readonly samples: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Null where there is no target. */
  readonly met: boolean | null;
}

/** Throws RangeError where there is nothing to take it of. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  if (low === undefined || high === undefined) throw new RangeError('the median of nothing');
  return (low + high) / 2;
}

/** Every repetition's samples put together. Ratios were taken within a repetition, so that a machine that slows down does not bend them. */
export function summarize(repetitions: readonly Samples[]): Figure[] {
  return (Object.keys(figureSpecs) as FigureKey[]).flatMap((key) => {
    const samples = repetitions.flatMap((each) => each[key] ?? []);
    if (samples.length === 0) return [];
    const spec: FigureSpec = figureSpecs[key];
    const middle = median(samples);
    return { key, ...spec, samples, median: middle, min: Math.min(...samples), max: Math.max(...samples), met: meets(middle, spec) };
  });
}

function meets(value: number, { target }: FigureSpec): boolean | null {
  if (!target) return null;
  return 'below' in target ? value < target.below : value <= target.atMost;
}

/** `met` and `missed` are painted by the caller. */
export function figureTable(figures: readonly Figure[], paint: (text: string, met: boolean) => string = (text) => text): string[] {
  const columns: Column[] = [
    { title: 'figure' },
    { title: 'median', align: 'right' },
    { title: 'unit' },
    { title: 'spread', align: 'right' },
    { title: 'n', align: 'right' },
    { title: 'target', align: 'right' },
    { title: '' },
  ];
  const rows = figures.map((figure) => [
    figure.what,
    formatValue(figure.median, figure.unit),
    figure.unit,
    figure.samples.length === 1 ? '' : `${formatValue(figure.min, figure.unit)} .. ${formatValue(figure.max, figure.unit)}`,
    String(figure.samples.length),
    formatTarget(figure),
    figure.met === null ? '' : paint(figure.met ? 'met' : 'missed', figure.met),
  ]);
  return table(columns, rows);
}

function formatTarget({ target }: FigureSpec): string {
  if (!target) return '';
  return 'below' in target ? `< ${target.below}` : `<= ${target.atMost}`;
}

function formatValue(value: number, unit: Unit): string {
  const digits = { s: 2, 'CPU s': 1, x: 2, MB: 0, GB: 2, '%': 0, '% of a core': 1, cores: 2 }[unit];
  return value.toFixed(digits);
}
