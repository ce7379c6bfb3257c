/** The verbs by name. Each is loaded when it is run or its help is asked for: most bring a client or a parser along. */
import type { VerbEntry } from './session.ts';

export const verbTable: readonly VerbEntry[] = [
  { name: 'up', summary: 'bring up a lab: a healthy cluster with a first backup', load: async () => (await import('./verbs/up.ts')).up },
  { name: 'down', summary: 'remove a lab, or all of them', load: async () => (await import('./verbs/down.ts')).down },
  {
    name: 'status',
    summary: 'members, roles, lag, backups, archiver and versions of a lab',
    load: async () => (await import('./verbs/status.ts')).status,
  },
  { name: 'watch', summary: 'what happens to a lab, as it happens', load: async () => (await import('./verbs/watch.ts')).watch },
  { name: 'logs', summary: "the hosts' logs, merged in time order", load: async () => (await import('./verbs/logs.ts')).logs },
  { name: 'psql', summary: 'psql on the leader or another host', load: async () => (await import('./verbs/psql.ts')).psql },
  { name: 'exec', summary: 'run a command on a host', load: async () => (await import('./verbs/exec.ts')).exec },
  {
    name: 'plan',
    summary: 'show what `up` would make, down to every file; starts nothing',
    load: async () => (await import('./verbs/plan.ts')).plan,
  },
  {
    name: 'snapshot',
    summary: 'keep a running lab as it is, to be forked; list what was kept',
    load: async () => (await import('./verbs/snapshot.ts')).snapshot,
  },
  { name: 'fork', summary: 'another lab that begins where a snapshot was taken', load: async () => (await import('./verbs/fork.ts')).fork },
  {
    name: 'pool',
    summary: 'labs that wait, healthy and frozen, for the next up or replay',
    load: async () => (await import('./verbs/pool.ts')).pool,
  },
  { name: 'prune', summary: 'remove snapshots, and images', load: async () => (await import('./verbs/prune.ts')).prune },
  {
    name: 'replay',
    summary: 'replay scenarios, each on a lab of its own, and judge them',
    load: async () => (await import('./verbs/replay.ts')).replay,
  },
  {
    name: 'step',
    summary: 'replay a scenario one step at a time, by hand where you want',
    load: async () => (await import('./verbs/step.ts')).step,
  },
  {
    name: 'record',
    summary: 'turn what you do by hand to a lab into a scenario',
    load: async () => (await import('./verbs/record.ts')).record,
  },
  { name: 'lint', summary: 'check scenario files; needs no Docker', load: async () => (await import('./verbs/lint.ts')).lint },
  { name: 'judge', summary: 'judge a recorded run again; needs no Docker', load: async () => (await import('./verbs/judge.ts')).judge },
  {
    name: 'bundle',
    summary: 'pack a run into one file to judge or replay elsewhere; needs no Docker',
    load: async () => (await import('./verbs/bundle.ts')).bundle,
  },
];
