/** Which versions a run's hosts had, for people. */
import type { Verdict } from '../verdict/verdict.ts';

const titles: Readonly<Record<string, string>> = {
  postgres: 'PostgreSQL',
  patroni: 'Patroni',
  pgbackrest: 'pgBackRest',
  etcd: 'etcd',
};

/** A text for each program; hosts are named only where its versions differ. */
export function versionTexts(byHost: Verdict['versions']): readonly string[] {
  const byProgram = new Map<string, Map<string, string[]>>(Object.keys(titles).map((program) => [program, new Map()]));
  for (const [host, programs] of Object.entries(byHost)) {
    for (const [program, version] of Object.entries(programs)) {
      const versions = byProgram.get(program) ?? new Map<string, string[]>();
      versions.set(version, [...(versions.get(version) ?? []), host]);
      byProgram.set(program, versions);
    }
  }
  return [...byProgram].flatMap(([program, versions]) => {
    const each = [...versions].map(([version, hosts]) => (versions.size === 1 ? version : `${version} on ${hosts.join(', ')}`));
    return each.length === 0 ? [] : [`${titles[program] ?? program} ${each.join(' and ')}`];
  });
}
