/** What an overlay changes, file by file, in each file's own format: what a reader of an issue needs of the configuration. */
import { stringify } from 'yaml';
import type { LabObject, Overlay } from '../topology/overlay.ts';
import { optionText } from '../topology/pgbackrest-conf.ts';

export interface ConfigurationChange {
  /** `patroni.yml`, `pgbackrest.conf`, a path, or `versions` and the like. */
  readonly file: string;
  /** Absent: every host that it concerns. */
  readonly host?: string;
  readonly text: string;
}

/** Of a lab: what is said beside its preset, clusters' and hosts' own included. */
export function configurationChanges(overlay: Overlay | LabObject): readonly ConfigurationChange[] {
  const clusters = 'clusters' in overlay ? Object.entries(overlay.clusters ?? {}) : [];
  return [
    ...changesOf(overlay),
    ...clusters.flatMap(([name, cluster]) =>
      configurationChanges(cluster).map((change) => ({ ...change, host: change.host ?? `the members of ${name}` })),
    ),
    ...Object.entries(overlay.hosts ?? {}).flatMap(([host, own]) => changesOf(own).map((change) => ({ ...change, host }))),
  ];
}

function changesOf({ patroni, dcs, pgbackrest, files, disks, services, train, versions }: Overlay): readonly ConfigurationChange[] {
  const yaml = (file: string, value: unknown) => (value === undefined || isEmpty(value) ? [] : [{ file, text: yamlText(value) }]);
  return [
    ...yaml('patroni.yml', patroni),
    ...yaml('dynamic configuration (patronictl edit-config)', dcs),
    ...(pgbackrest === undefined || isEmpty(pgbackrest) ? [] : [{ file: 'pgbackrest.conf', text: pgbackrestText(pgbackrest) }]),
    ...Object.entries(files ?? {}).map(([file, text]) => ({ file, text: text === null ? '(no such file)' : text.trimEnd() })),
    ...yaml('disks', disks),
    ...yaml('services', services),
    ...yaml('versions', { ...(train === undefined ? {} : { train }), ...versions }),
  ];
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Options that an overlay takes away are said to be: an absent line says nothing. */
function pgbackrestText(sections: NonNullable<Overlay['pgbackrest']>): string {
  return Object.entries(sections)
    .map(([section, options]) => {
      if (options === null) return `# no section [${section}]`;
      const lines = Object.entries(options).flatMap(([key, value]) =>
        value === null ? [`# no ${key}`] : [value].flat().map((one) => `${key}=${optionText(one)}`),
      );
      return [`[${section}]`, ...lines].join('\n');
    })
    .join('\n');
}

function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}
