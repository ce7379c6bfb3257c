/** What differs between two looks at a lab, as facts that come and go. Pure. */
import type { ArchiverLook, Value } from '../core/event.ts';
import type { LabStatus } from './status.ts';

export interface Change {
  readonly what: 'cluster' | 'member' | 'host' | 'etcd' | 'archiver' | 'repository' | 'backup';
  /** Of the member or host; of the cluster, for it and its archiver; of the stanza; the backup's label. */
  readonly name: string;
  /** null: not seen before. */
  readonly before: Facts | null;
  /** null: gone, or not known any more. */
  readonly after: Facts | null;
}

export type Facts = Readonly<Record<string, Value>>;

/** Everything there is, as new, where there was no look before. How things grow (lag, archived WAL) is no change. */
export function changesBetween(before: LabStatus | undefined, after: LabStatus): Change[] {
  const old = before ? factsOf(before) : new Map<string, Fact>();
  const now = factsOf(after);
  return [...new Map([...now, ...old]).keys()].flatMap((key) => {
    const [was, is] = [old.get(key), now.get(key)];
    const { what, name } = (is ?? was) as Fact;
    const isSame = JSON.stringify(was?.facts) === JSON.stringify(is?.facts);
    return isSame ? [] : [{ what, name, before: was?.facts ?? null, after: is?.facts ?? null }];
  });
}

interface Fact extends Pick<Change, 'what' | 'name'> {
  readonly facts: Facts;
}

function factsOf(status: LabStatus): Map<string, Fact> {
  const facts: Fact[] = [
    ...status.hosts.map(({ name, host }): Fact => ({ what: 'host', name, facts: { host } })),
    ...status.hosts.flatMap(({ name, etcd }): Fact[] => (etcd === null ? [] : [{ what: 'etcd', name, facts: { health: etcd } }])),
    ...status.members.map(
      ({ name, role, state, timeline, sync }): Fact => ({ what: 'member', name, facts: { role, state, timeline, sync } }),
    ),
    ...status.clusters.map(({ name, leader, paused }): Fact => ({ what: 'cluster', name, facts: { leader, paused } })),
    ...status.clusters.flatMap(({ name, archiver }): Fact[] =>
      archiver === null ? [] : [{ what: 'archiver', name, facts: { failing: isFailing(archiver) ? archiver.lastFailed : null } }],
    ),
    ...status.clusters.map(({ stanza, repository }): Fact => ({ what: 'repository', name: stanza, facts: { status: repository } })),
    ...status.backups.map(({ label, type, error }): Fact => ({ what: 'backup', name: label, facts: { type, error } })),
  ];
  return new Map(facts.map((fact) => [`${fact.what} ${fact.name}`, fact]));
}

/** It has failed since it last succeeded. */
export function isFailing({ lastFailedAt, lastArchivedAt }: ArchiverLook): boolean {
  return (lastFailedAt ?? 0) > (lastArchivedAt ?? 0);
}
