/**
 * A run's steps as commands that one could type: which program, on which host, with values filled in. Knows plans and histories. What
 * has no command of its own, such as a fault, is a comment that says what happened.
 */
import type { Event } from '../core/event.ts';
import { bind, namesAt, startBindings } from '../scenario/bindings.ts';
import { expand } from '../scenario/expand.ts';
import type { Plan, PlannedArgs, PlannedStep } from '../scenario/plan.ts';
import type { RunArgs } from '../scenario/run-args.ts';
import type { ServiceTarget } from '../scenario/targets.ts';
import type { VerbName } from '../scenario/verbs/verbs.ts';
import { configurationChanges } from './configuration-changes.ts';

/** What a step is told with. `hosts`: those that it was about. `title`: as in the verdict. */
interface Telling {
  readonly hosts: readonly string[];
  readonly title: string;
  readonly stanza: string;
}

/** Lines of a session: `pg1$ patronictl ...`, `$ docker kill pg1`, `# ...`. Steps that were passed over are left out. */
export function commandsByHand(plan: Plan, history: Iterable<Event>): readonly string[] {
  let bindings = startBindings(plan);
  const lines: string[] = [];
  for (const event of history) {
    bindings = bind(bindings, event);
    if (event.type !== 'step-started' || event.skipped !== undefined) continue;
    const step = bindings.steps.get(event.step);
    if (!step) continue;
    const args = expand(step.args, namesAt(bindings, step.id));
    const hosts = [...new Set(Object.values(event.resolved).flat())];
    const telling = { hosts, title: event.title, stanza: stanzaOf(plan, hosts[0]) };
    lines.push(...(args.ok ? told(step.verb, args.value, telling) : [`# ${event.title}`]));
  }
  return lines;
}

/** Of the cluster that the host is a member of; the repository host's is the main one's. */
function stanzaOf({ lab: { clusters = {} } }: Plan, host: string | undefined): string {
  const [name, own] = Object.entries(clusters).find(([, { members }]) => host !== undefined && members?.includes(host)) ?? [];
  if (name === undefined || name === 'main') return clusters.main?.stanza ?? 'demo';
  return own?.stanza ?? name;
}

function told<V extends VerbName>(verb: V, args: PlannedStep['args'], telling: Telling): readonly string[] {
  return (tellers[verb] as (args: PlannedStep['args'], telling: Telling) => readonly string[])(args, telling);
}

const comment = (_: unknown, { title }: Telling) => [`# ${title}`];
/** Every host's own prompt before a command that runs on it. */
const on = (hosts: readonly string[], line: string, sign: '$' | '#' = '$') => hosts.map((host) => `${host}${sign} ${line}`);

const tellers: { readonly [V in VerbName]: (args: PlannedArgs[V], telling: Telling) => readonly string[] } = {
  pgbackrest: (args, { hosts, stanza }) =>
    on(hosts, `pgbackrest ${args.stanza === false ? '' : `--stanza=${args.stanza ?? stanza} `}${args.run}${input(args)}`),
  // On any live member, where no host is named.
  patronictl: (args, { hosts }) => on(args.on === undefined ? hosts.slice(0, 1) : hosts, `patronictl ${args.run}${input(args)}`),
  sql: (args, { hosts }) => on(hosts, `psql -c ${quoted(args.run)}`),
  exec: (args, { hosts }) => on(hosts, `${args.run.trim()}${input(args)}`, args.user === 'root' ? '#' : '$'),
  configure: (args, { hosts }) => [
    ...configurationChanges(args.overlay).flatMap(({ file, host, text }) => [
      `# ${file}${host === undefined ? (hosts.length > 0 ? ` on ${hosts.join(', ')}` : '') : ` on ${host}`}:`,
      ...text.split('\n').map((line) => `#   ${line}`),
    ]),
    ...(args.apply === 'none' || hosts.length === 0 ? [] : [`# ... and ${args.apply} on ${hosts.join(', ')}`]),
  ],
  start: (args, { hosts }) => service('start', args, hosts),
  stop: (args, { hosts }) => service('stop', args, hosts),
  restart: (args, { hosts }) => service('restart', args, hosts),
  wipe: (_, { hosts }) => on(hosts, 'rm -rf "$PGDATA"/* /var/spool/pgbackrest/*'),
  kill: (_, { hosts }) => [`$ docker kill ${hosts.join(' ')}`],
  crash: (args, { hosts }) => on(hosts, `kill -KILL <pid of ${args.process}>`),
  freeze: (args, { hosts }) =>
    args.process === undefined ? [`$ docker pause ${hosts.join(' ')}`] : on(hosts, `kill -STOP <pid of ${args.process}>`),
  cut: comment,
  fill: (args, { hosts }) => on(hosts, `dd if=/dev/zero of=${args.path}/.filler bs=1M  # until the disk is full`),
  slow: comment,
  clock: comment,
  heal: comment,
  workload: comment,
  mark: comment,
  expect: comment,
  snapshot: comment,
  fork: comment,
  recipe: comment,
};

function service(does: string, args: ServiceTarget, hosts: readonly string[]): readonly string[] {
  return args.service === undefined ? [`$ docker ${does} ${hosts.join(' ')}`] : on(hosts, `systemctl ${does} ${args.service}`);
}

function input({ stdin }: RunArgs): string {
  return stdin === undefined ? '' : ` <<< ${quoted(stdin.replace(/\n$/, ''))}`;
}

/** For a shell: in double quotes where that needs no escapes, in single quotes else. */
function quoted(text: string): string {
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", `'\\''`)}'` : `"${text}"`;
}
