/**
 * configure: an overlay is merged into the files of hosts as they are now, and into a cluster's dynamic configuration; then whoever
 * reads them is told. Proven by what the programs themselves report: Patroni its dynamic configuration, PostgreSQL its settings,
 * pgBackRest the options that its commands get. Patroni does not report its local file: its log tells when it has read it.
 */
import { poll } from '../../core/deadline.ts';
import { LabError } from '../../core/problem.ts';
import { controlService, runCommand } from '../../engine/commands.ts';
import { endpointOf, type Host } from '../../engine/lab.ts';
import { askPatroni, getJson } from '../../observe/patroni.ts';
import type { ClusterSpec } from '../../topology/blueprint.ts';
import { type HostOverlay, mergeOverlay, type Overlay } from '../../topology/overlay.ts';
import { changePatroniYaml } from '../../topology/patroni-yaml.ts';
import { archivesAsynchronously, mergePgbackrestConf, readPgbackrestConf, writePgbackrestConf } from '../../topology/pgbackrest-conf.ts';
import { places, ports } from '../../topology/places.ts';
import type { PlainMap } from '../../topology/plain-map.ts';
import { changeFiles, readFile } from '../host-files.ts';
import { parametersProof, patience } from '../parameters.ts';
import { postgresRuns, reloadPatroni, tellPatroni } from '../patroni-control.ts';
import { doneBy, type Proof, proven, unproven } from '../proofs.ts';
import { askedOptions, askedParameters, commandsOf, missingFrom, optionProblem } from '../reported-settings.ts';
import { runningServices } from '../services.ts';
import { useVersions } from '../use-versions.ts';
import type { Effect, StepContext } from './effect.ts';

type Apply = 'none' | 'reload' | 'restart';

export const configure: Effect<'configure'> = {
  selectors: ({ on, overlay }) => [...(on === undefined ? [] : [on]), ...Object.keys(overlay.hosts ?? {})],
  run: async (ctx, args) => {
    const changes = localChanges(ctx, args.on, args.overlay);
    const cluster = args.overlay.dcs && clusterNamed(ctx, args.of ?? 'main');
    const written = await Promise.all(changes.map((change) => writeLocal(ctx, change)));
    // Members follow the dynamic configuration where their own file says nothing else, so the files are applied first.
    const local = await Promise.all(written.map((change) => applyLocal(ctx, change, args.apply)));
    const dynamic = cluster && args.overlay.dcs ? [await changeDynamic(ctx, cluster, args.overlay.dcs, args.apply)] : [];
    const members = cluster ? ctx.lab.hosts.filter(({ name }) => cluster.members.includes(name)) : [];
    return doneBy(changes.length > 0 ? changes.map(({ host }) => host) : members, [...local.flat(), ...dynamic]);
  },
};

// Which host gets what.

type Local = Pick<HostOverlay, 'patroni' | 'pgbackrest' | 'files' | 'versions'>;

interface LocalChange {
  readonly host: Host;
  readonly overlay: Local;
}

function localChanges(ctx: StepContext, on: string | undefined, overlay: Overlay): readonly LocalChange[] {
  const { patroni, pgbackrest, files, versions, hosts = {} } = overlay;
  const shared: Local = {
    ...(patroni && { patroni }),
    ...(pgbackrest && { pgbackrest }),
    ...(files && { files }),
    ...(versions && { versions }),
  };
  const isLocal = Object.keys(shared).length > 0;
  if (isLocal && on === undefined)
    throw new LabError(`configure says nothing of where ${Object.keys(shared).join(', ')} should change`, { hint: 'add on: members' });
  const byHost = new Map<string, LocalChange>();
  if (isLocal && on !== undefined) for (const host of ctx.hosts(on)) byHost.set(host.name, { host, overlay: shared });
  for (const [name, own] of Object.entries(hosts)) {
    const wrong = Object.keys(own).find((key) => !['patroni', 'pgbackrest', 'files', 'versions'].includes(key));
    if (wrong !== undefined) throw new LabError(`${wrong} of ${name} cannot be configured on a running host`);
    for (const host of ctx.hosts(name))
      byHost.set(host.name, { host, overlay: mergeOverlay<Overlay>(byHost.get(host.name)?.overlay ?? {}, own) });
  }
  for (const { host, overlay: its } of byHost.values()) {
    if (its.patroni && host.kind !== 'patroni') throw new LabError(`${host.name} runs no Patroni to configure`);
    if (its.pgbackrest && host.kind === 'etcd') throw new LabError(`${host.name} runs no pgBackRest to configure`);
  }
  return [...byHost.values()];
}

function clusterNamed(ctx: StepContext, name: string): ClusterSpec {
  const cluster = ctx.lab.spec.clusters.find((each) => each.name === name);
  if (!cluster) throw new LabError(`no cluster is named ${name}`);
  return cluster;
}

// Local files.

interface Written extends LocalChange {
  /** What the services of the host read now. */
  readonly asynchronous: boolean;
}

async function writeLocal(ctx: StepContext, { host, overlay }: LocalChange): Promise<Written> {
  const files = new Map<string, string | null>();
  let asynchronous = false;
  if (overlay.patroni) {
    const before = await readFile(ctx.docker, host, places.patroniConfig);
    files.set(
      places.patroniConfig,
      readable(host, places.patroniConfig, () => changePatroniYaml(before, overlay.patroni ?? {})),
    );
  }
  if (overlay.pgbackrest) {
    const before = await readFile(ctx.docker, host, places.pgbackrestConfig);
    const conf = readable(host, places.pgbackrestConfig, () => mergePgbackrestConf(readPgbackrestConf(before), overlay.pgbackrest ?? {}));
    files.set(places.pgbackrestConfig, writePgbackrestConf(conf));
    asynchronous = archivesAsynchronously(conf);
  }
  for (const [path, text] of Object.entries(overlay.files ?? {})) files.set(path, text);
  await changeFiles(ctx.docker, host, files);
  return { host, overlay, asynchronous };
}

/** A scenario may have put something there that is not what it should be. */
function readable<T>(host: Host, path: string, change: () => T): T {
  try {
    return change();
  } catch (cause) {
    throw new LabError(`${path} on ${host.name} cannot be changed: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

async function applyLocal(ctx: StepContext, change: Written, apply: Apply): Promise<readonly Proof[]> {
  const { host, overlay, asynchronous } = change;
  const services = await runningServices(ctx.docker, host);
  const control = (action: 'start' | 'restart', service: 'patroni' | 'pgbackrest' | 'async-log') =>
    controlService(ctx.docker, host.container, action, service);
  const proofs: Proof[] = [];
  if (overlay.versions) proofs.push(await useVersions(ctx, host, overlay.versions));
  if (overlay.files) proofs.push(proven(`${Object.keys(overlay.files).join(', ')} on ${host.name} is as asked`));
  if (overlay.versions && !overlay.pgbackrest && apply === 'restart' && services.has('pgbackrest')) await control('restart', 'pgbackrest');
  if (overlay.pgbackrest) {
    // What the asynchronous processes log to files joins the host's stream only through this service.
    if (asynchronous && host.kind === 'patroni') await control('start', 'async-log');
    if (apply === 'restart' && services.has('pgbackrest')) await control('restart', 'pgbackrest');
    if (apply === 'reload' && services.has('pgbackrest')) await hangUp(ctx, host);
    proofs.push(await optionsProof(ctx, host, overlay.pgbackrest));
  }
  if (!overlay.patroni) return proofs;
  const seen = `${Object.keys(overlay.patroni).join(', ')} of Patroni on ${host.name}`;
  if (apply === 'none') return [...proofs, proven(`${seen} is in its file, for when it reads that`)];
  if (!services.has('patroni')) return [...proofs, proven(`${seen} is in its file; it is down, and reads that when it starts`)];
  if (apply === 'restart') {
    await control('restart', 'patroni');
    const runs = await postgresRuns(host, ctx.signal);
    proofs.push(
      runs ? proven(`${seen}: it was restarted and PostgreSQL runs`) : unproven(`${seen}: PostgreSQL does not run after the restart`),
    );
  } else {
    const read = await reloadPatroni(ctx.docker, ctx.lab, host, ctx.recorder.now(), ctx.signal);
    proofs.push(
      read ? proven(`${seen} is in its file, and its log says that it has read it`) : unproven(`${seen}: it does not read its file`),
    );
  }
  return [
    ...proofs,
    ...(await parametersProof(ctx, [host], askedParameters(overlay.patroni), apply === 'restart' ? 'restarted' : 'reloaded')),
  ];
}

/** pgBackRest's server reads its configuration anew on HUP (command/server/server.c). */
async function hangUp(ctx: StepContext, host: Host): Promise<void> {
  const { exit, stdout, stderr } = await runCommand(ctx.docker, host.container, {
    user: 'root',
    argv: ['sv', 'hup', '/etc/lab/services/pgbackrest'],
  });
  if (exit !== 0) throw new LabError(`pgBackRest's server on ${host.name} was not told: ${(stdout + stderr).trim()}`);
}

/** `help` for a command reads the configuration as the command itself would, and does nothing. */
async function optionsProof(ctx: StepContext, host: Host, overlay: NonNullable<Local['pgbackrest']>): Promise<Proof> {
  const asked = askedOptions(overlay);
  const commands = [...new Set(asked.flatMap(({ section }) => commandsOf(section)))];
  // The stanza's own section counts as well; the server has none.
  const stanza =
    asked.map(({ section }) => section.split(':')[0]).find((name) => name !== 'global') ??
    ctx.lab.spec.clusters.find(({ members }) => members.includes(host.name))?.stanza;
  const script = `stanza=$1; shift
for command; do
  echo "command $command"
  case $command in server*) pgbackrest help "$command" ;; *) pgbackrest \${stanza:+"--stanza=$stanza"} help "$command" ;; esac 2>&1 | grep -E ' command begin |WARN:|ERROR:'
done
:`;
  const { stdout } = await runCommand(ctx.docker, host.container, { argv: ['sh', '-c', script, 'options', stanza ?? '', ...commands] });
  const output = Object.fromEntries(stdout.split(/^command /m).map((part) => [part.split('\n')[0] ?? '', part]));
  const problems = asked.flatMap((option) => optionProblem(option, output) ?? []);
  if (problems.length > 0) return unproven(`pgBackRest on ${host.name} says: ${[...new Set(problems)].join('; ')}`);
  return proven(`pgBackRest on ${host.name} takes ${asked.map(({ section, key }) => `${key} of [${section}]`).join(', ')}`);
}

// The dynamic configuration.

async function changeDynamic(ctx: StepContext, cluster: ClusterSpec, dcs: PlainMap, apply: Apply): Promise<Proof> {
  const members = ctx.lab.hosts.filter(({ name }) => cluster.members.includes(name));
  const answers = await Promise.all(members.map(async (host) => ({ host, answer: await askPatroni(endpointOf(host, ports.patroni)) })));
  const reachable = answers.flatMap(({ host, answer }) => (answer ? [{ host, leads: answer.role === 'leader' }] : []));
  // A member that was cut off cannot write to the DCS: the leader can, or somebody who will be.
  const [first] = [...reachable].sort((a, b) => Number(b.leads) - Number(a.leads));
  if (!first) throw new LabError(`no Patroni of the cluster ${cluster.name} answers, so its dynamic configuration cannot be changed`);
  await tellPatroni(ctx.lab, first.host, 'PATCH', '/config', dcs);
  const hosts = reachable.map(({ host }) => host);
  const missing = async () =>
    (
      await Promise.all(
        hosts.map(async (host) =>
          missingFrom(await getJson(endpointOf(host, ports.patroni), '/config', 1000), dcs).map((key) => `${key} on ${host.name}`),
        ),
      )
    ).flat();
  const seen = await poll(missing, (keys) => keys.length === 0, { within: patience, signal: ctx.signal });
  if (!seen.met) return unproven(`Patroni does not report ${seen.last?.join(', ')}`);
  const inOrder = [...reachable].sort((a, b) => Number(a.leads) - Number(b.leads)).map(({ host }) => host);
  const [parameters] = await parametersProof(ctx, inOrder, askedParameters(dcs), apply === 'restart' ? 'restart' : 'reloaded');
  if (parameters && !parameters.proven) return parameters;
  return proven(
    `Patroni on ${hosts.map(({ name }) => name).join(', ')} reports ${Object.keys(dcs).join(', ')}${parameters ? `; ${parameters.seen}` : ''}`,
  );
}
