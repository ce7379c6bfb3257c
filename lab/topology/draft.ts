/**
 * From what a person said about a lab to the Blueprint that the engine makes: who is there, which image and services each
 * host has, and every file as rendered. Pure; passwords and certificates come in as arguments.
 */
import type {
  Blueprint,
  ClusterSpec,
  DiskSpec,
  FileSpec,
  HostKind,
  HostName,
  HostSpec,
  ImageSpec,
  ProgramName,
  Secrets,
  ServiceName,
} from './blueprint.ts';
import type { Certificates } from './certificates.ts';
import { pathProblem, planDisks } from './disks.ts';
import { renderEtcdYml } from './etcd-yml.ts';
import type { Layer, Layout, LayoutCluster, LayoutHost } from './layout.ts';
import { layOut, servicesOf } from './layout.ts';
import type { LabSpec } from './overlay.ts';
import { programNames } from './overlay.ts';
import { defaultDcs, defaultPatroniConfig, writePatroniYaml } from './patroni-yaml.ts';
import type { PgbackrestConf } from './pgbackrest-conf.ts';
import {
  archivesAsynchronously,
  databaseHostConf,
  mergePgbackrestConf,
  peerHostConf,
  repositoryHostConf,
  writePgbackrestConf,
} from './pgbackrest-conf.ts';
import { places, ports } from './places.ts';
import type { PlainMap } from './plain-map.ts';
import { isPlainMap, mergeMap } from './plain-map.ts';
import type { Timing } from './timing-profiles.ts';
import { timingProfiles } from './timing-profiles.ts';
import type { TopologyProblem } from './topology-problem.ts';
import { didYouMean } from './topology-problem.ts';

/** Release trains, as `images/versions.yaml` has them. */
export interface TrainCatalogue {
  readonly default: string;
  readonly trains: Readonly<Record<string, CatalogueTrain>>;
}

interface CatalogueTrain {
  /** PostgreSQL's major version. */
  readonly postgresql: number;
  /** Version prefixes: `4.1` stands for 4.1 and every 4.1.x. */
  readonly expected: Readonly<Record<ProgramName, string>>;
}

/** What is made at random for each lab. */
export interface Made {
  readonly secrets: Secrets;
  readonly certificates: Certificates;
}

export type Draft =
  | { readonly blueprint: Blueprint; readonly problems?: never }
  | { readonly problems: readonly TopologyProblem[]; readonly blueprint?: never };

/** Hosts that need a certificate: those with pgBackRest. Empty where the preset is unknown. */
export function draftNeeds(lab: LabSpec): readonly HostName[] {
  const layout = layOut(lab, []);
  return [...new Set((layout?.hosts ?? []).filter(({ kind }) => kind !== 'etcd').map(({ name }) => name))];
}

/** Stands in for passwords and certificates where none are needed: for checking a lab spec and for showing a plan. */
export function placeholders(lab: LabSpec): Made {
  const file = { certificate: '(made per lab)\n', key: '(made per lab)\n' };
  return {
    secrets: { superuser: '(made-per-lab)', replication: '(made-per-lab)', restapi: '(made-per-lab)' },
    certificates: { ca: '(made per lab)\n', hosts: Object.fromEntries(draftNeeds(lab).map((host) => [host, file])) },
  };
}

/** The Blueprint of a lab, or everything that is wrong with its spec. Throws RangeError where a host of `draftNeeds` has no certificate. */
export function draft(spec: LabSpec, catalogue: TrainCatalogue, made: Made): Draft {
  const problems: TopologyProblem[] = [];
  const layout = layOut(spec, problems);
  if (!layout) return { problems };
  checkOverlays(layout, problems);
  const disks = planDisks(layout, problems);
  const images = new Map(layout.hosts.map((host) => [host.name, imageFor(host, catalogue, problems)]));
  checkMajors(layout, images, problems);
  // A lab's overlay is checked once for each host it applies to.
  if (problems.length > 0) return { problems: distinct(problems) };

  const profile = layout.lab.profile ?? 'fast';
  const plans = layout.clusters.map((cluster) =>
    planCluster(cluster, layout, timingProfiles[profile], requireImage(images, cluster.members[0]).major),
  );
  const hosts = layout.hosts.map((host) =>
    draftHost(host, layout, plans, requireImage(images, host.name), disks.get(host.name) ?? [], made),
  );
  const unwritable = hosts.flatMap(({ problem }) => problem ?? []);
  if (unwritable.length > 0) return { problems: distinct(unwritable) };
  const fresh = layout.lab.start === 'fresh' || [...disks.values()].some((own) => own.length > 0);
  return {
    blueprint: {
      asked: { ...layout.lab, preset: layout.preset.name },
      preset: layout.preset.name,
      profile,
      ...(fresh ? { fresh } : {}),
      hosts: hosts.map(({ spec: host }) => host),
      etcd: layout.preset.etcd,
      clusters: plans.map(({ spec: cluster }) => cluster),
      secrets: made.secrets,
    },
  };
}

interface HostImage {
  readonly spec: ImageSpec;
  /** PostgreSQL's major version, or that of the host's train. */
  readonly major: number;
}

interface ClusterPlan {
  readonly spec: ClusterSpec;
  readonly dcs: PlainMap;
  readonly major: number;
}

interface DraftedHost {
  readonly spec: HostSpec;
  readonly problem?: TopologyProblem;
}

function planCluster(cluster: LayoutCluster, layout: Layout, timing: Timing, major: number): ClusterPlan {
  const changes = [layout.lab.dcs, cluster.lab.dcs].filter((dcs) => dcs !== undefined);
  const dcs = changes.reduce<PlainMap>(mergeMap, defaultDcs(timing, cluster.stanza));
  const setting = (key: string, otherwise: number) => (typeof dcs[key] === 'number' ? dcs[key] : otherwise);
  const repository = layout.preset.repository;
  return {
    dcs,
    major,
    spec: {
      name: cluster.name,
      scope: cluster.scope,
      namespace: '/db/',
      members: cluster.members,
      stanza: cluster.stanza,
      ...(repository.kind === 'host' ? { repo: repository.name } : {}),
      ready: cluster.ready,
      timing: {
        ttl: setting('ttl', timing.ttl),
        loopWait: setting('loop_wait', timing.loopWait),
        retryTimeout: setting('retry_timeout', timing.retryTimeout),
      },
    },
  };
}

function draftHost(
  host: LayoutHost,
  layout: Layout,
  plans: readonly ClusterPlan[],
  image: HostImage,
  disks: readonly DiskSpec[],
  made: Made,
): DraftedHost {
  const plan = plans.find(({ spec }) => spec.name === host.cluster?.name);
  const conf = host.kind === 'etcd' ? undefined : pgbackrestConf(host, layout, plans, plan);
  const rendered: FileSpec[] = [];
  if (host.kind === 'etcd') rendered.push(file(places.etcdConfig, renderEtcdYml(host.name, layout.preset.etcd), 0o644));
  if (plan) rendered.push(file(places.patroniConfig, writePatroniYaml(patroniConfig(host, layout, plan, made.secrets)), 0o600));
  if (conf)
    rendered.push(file(places.pgbackrestConfig, writePgbackrestConf(conf), 0o644), ...certificateFiles(host.name, made.certificates));
  const files = withRawFiles(rendered, host.layers);
  const hidden = disks.find(({ path }) => files.some((one) => one.path.startsWith(`${path}/`)));
  const hiding = host.layers.findLast(({ overlay }) => hidden && overlay.disks?.[hidden.path]);
  return {
    spec: {
      name: host.name,
      kind: host.kind,
      image: image.spec,
      services: services(host, plan, conf),
      files,
      disks,
      publish: { etcd: [ports.etcdClient], patroni: [ports.postgres, ports.patroni], repo: [] }[host.kind],
    },
    ...(hidden
      ? {
          problem: {
            message: `a disk at "${hidden.path}" would hide the files that the lab puts there on ${host.name}`,
            path: [...(hiding?.path ?? []), 'disks', hidden.path],
          },
        }
      : {}),
  };
}

function patroniConfig(host: LayoutHost, layout: Layout, { spec, dcs, major }: ClusterPlan, secrets: Secrets): PlainMap {
  const { scope, namespace, stanza, timing } = spec;
  const config = defaultPatroniConfig({ name: host.name, scope, namespace, etcd: layout.preset.etcd, stanza, major, timing, secrets });
  const bootstrap = isPlainMap(config.bootstrap) ? config.bootstrap : {};
  const withDcs: PlainMap = { ...config, bootstrap: { ...bootstrap, dcs } };
  return host.layers.reduce((merged, { overlay }) => mergeMap(merged, overlay.patroni ?? {}), withDcs);
}

function pgbackrestConf(host: LayoutHost, layout: Layout, plans: readonly ClusterPlan[], plan: ClusterPlan | undefined): PgbackrestConf {
  const conf = plan ? memberConf(host.name, layout, plan) : repositoryConf(plans);
  return host.layers.reduce((merged, { overlay }) => mergePgbackrestConf(merged, overlay.pgbackrest ?? {}), conf);
}

function memberConf(host: HostName, _layout: Layout, { spec, major }: ClusterPlan): PgbackrestConf {
  const { stanza, members, repo } = spec;
  if (repo !== undefined) return databaseHostConf({ stanza, major, repo });
  return peerHostConf({ stanza, major, peers: members.filter((member) => member !== host) });
}

/** A stanza is its first cluster's; others that share it may only read and write its archive. */
function repositoryConf(plans: readonly ClusterPlan[]): PgbackrestConf {
  const owners = plans.filter(({ spec }, index) => plans.findIndex((other) => other.spec.stanza === spec.stanza) === index);
  return repositoryHostConf({
    stanzas: owners.map(({ spec, major }) => ({ stanza: spec.stanza, major, members: spec.members })),
    clients: plans.flatMap(({ spec }) => spec.members.map((member) => [member, [spec.stanza]] as const)),
  });
}

function services(
  host: LayoutHost,
  plan: ClusterPlan | undefined,
  conf: PgbackrestConf | undefined,
): Partial<Record<ServiceName, 'up' | 'down'>> {
  const up: Record<ServiceName, boolean> = {
    etcd: true,
    patroni: plan !== undefined && plan.spec.ready !== 'hosts',
    postgres: false,
    // Without a client to admit its server refuses to start.
    pgbackrest: Object.values(conf ?? {}).some((options) => [options['tls-server-auth'] ?? []].flat().length > 0),
    sshd: false,
    'async-log': conf !== undefined && archivesAsynchronously(conf),
  };
  const chosen = Object.assign({}, ...host.layers.map(({ overlay }) => withoutNull(overlay.services ?? {}))) as Partial<
    Record<ServiceName, 'up' | 'down'>
  >;
  return Object.fromEntries(servicesOf[host.kind].map((name) => [name, chosen[name] ?? (up[name] ? 'up' : 'down')]));
}

function certificateFiles(host: HostName, certificates: Certificates): readonly FileSpec[] {
  const own = certificates.hosts[host];
  if (!own) throw new RangeError(`no certificate was made for ${host}`);
  // pgBackRest refuses a key that others may read.
  return [
    file(places.caCertificate, certificates.ca, 0o644),
    file(places.hostCertificate, own.certificate, 0o644),
    file(places.hostKey, own.key, 0o600),
  ];
}

function withRawFiles(rendered: readonly FileSpec[], layers: readonly Layer[]): readonly FileSpec[] {
  const files = new Map(rendered.map((one) => [one.path, one]));
  for (const { overlay } of layers) {
    for (const [path, text] of Object.entries(overlay.files ?? {})) {
      if (text === null) files.delete(path);
      else files.set(path, { ...file(path, text, 0o644), ...(files.has(path) ? { mode: files.get(path)?.mode ?? 0o644 } : {}) });
    }
  }
  return [...files.values()];
}

function file(path: string, text: string, mode: number): FileSpec {
  return { path, text, mode, owner: 'postgres' };
}

// What overlays must not say.

const programsOf: Readonly<Record<HostKind, readonly ProgramName[]>> = {
  etcd: ['etcd'],
  patroni: ['postgresql', 'patroni', 'pgbackrest'],
  repo: ['pgbackrest'],
};

const kindNames: Readonly<Record<HostKind, string>> = { etcd: 'an etcd host', patroni: 'a database host', repo: 'the repository host' };

function checkOverlays(layout: Layout, problems: TopologyProblem[]): void {
  for (const host of layout.hosts) {
    for (const layer of host.layers) {
      checkFiles(layer, problems);
      // Every member would say the same of its cluster's changes.
      if (layer.scope === 'lab' || (layer.scope === 'cluster' && host.cluster?.members[0] !== host.name)) continue;
      checkFit(host, layer, problems);
    }
    const chosen = Object.assign({}, ...host.layers.map(({ overlay }) => overlay.services ?? {})) as Partial<Record<ServiceName, string>>;
    const patroniRuns = host.cluster !== undefined && (chosen.patroni ?? (host.cluster.ready === 'hosts' ? 'down' : 'up')) === 'up';
    const layer = host.layers.findLast(({ overlay }) => overlay.services?.postgres === 'up');
    if (patroniRuns && chosen.postgres === 'up' && layer) {
      problems.push({
        message: `on ${host.name} Patroni and the service postgres would run the same data directory`,
        path: [...layer.path, 'services', 'postgres'],
        hint: 'add patroni: down',
      });
    }
  }
}

function checkFiles(layer: Layer, problems: TopologyProblem[]): void {
  for (const path of Object.keys(layer.overlay.files ?? {})) {
    const wrong = pathProblem(path) ?? (/^\/(dev|proc|sys)\//.test(path) ? `"${path}" is the kernel's, not a file` : undefined);
    const engines = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'].includes(path) ? `"${path}" is written by the engine` : undefined;
    const message = wrong ?? engines;
    if (message !== undefined) problems.push({ message, path: [...layer.path, 'files', path] });
  }
}

/** Changes that name a host or a cluster must be of use there. */
function checkFit(host: LayoutHost, { overlay, path, scope }: Layer, problems: TopologyProblem[]): void {
  const is = `${host.name} is ${kindNames[host.kind]}`;
  const misfit = (key: string, why: string, hint?: string) =>
    problems.push({ message: why, path: [...path, ...key.split(' ')], ...(hint === undefined ? {} : { hint }) });
  if (scope === 'host' && overlay.dcs)
    misfit(
      'dcs',
      `dcs is the whole cluster's, not ${host.name}'s alone`,
      'put it into the lab or the cluster; what one member has for itself goes into patroni',
    );
  if (overlay.patroni && host.kind !== 'patroni') misfit('patroni', `${is}: it runs no Patroni`);
  if (overlay.pgbackrest && host.kind === 'etcd') misfit('pgbackrest', `${is}: it runs no pgBackRest`);
  for (const program of programNames) {
    if (typeof overlay.versions?.[program] === 'string' && !programsOf[host.kind].includes(program)) {
      misfit(`versions ${program}`, `${is}: it runs no ${program}`, `it runs ${programsOf[host.kind].join(', ')}`);
    }
  }
  for (const service of Object.keys(overlay.services ?? {}) as ServiceName[]) {
    if (!servicesOf[host.kind].includes(service))
      misfit(`services ${service}`, `${is}: it has no service ${service}`, `it has ${servicesOf[host.kind].join(', ')}`);
  }
}

/** The image that a host runs. Unknown trains and versions are pushed; a version that the train itself carries is left out. */
function imageFor(host: LayoutHost, catalogue: TrainCatalogue, problems: TopologyProblem[]): HostImage {
  const trainNames = Object.keys(catalogue.trains);
  for (const { overlay, path } of host.layers) {
    if (typeof overlay.train === 'string' && !trainNames.includes(overlay.train)) {
      problems.push({ message: `unknown train "${overlay.train}"`, path: [...path, 'train'], hint: didYouMean(overlay.train, trainNames) });
    }
  }
  const train = host.layers.findLast(({ overlay }) => overlay.train !== undefined)?.overlay.train ?? catalogue.default;
  const carried = catalogue.trains[train];
  const versions: Partial<Record<ProgramName, string>> = {};
  for (const program of programsOf[host.kind]) {
    const layer = host.layers.findLast(({ overlay }) => overlay.versions?.[program] !== undefined);
    const version = layer?.overlay.versions?.[program];
    if (!layer || typeof version !== 'string') continue;
    const carriers = Object.entries(catalogue.trains).filter(
      ([, { expected }]) => isWithin(expected[program], version) || isWithin(version, expected[program]),
    );
    if (carriers.length === 0) {
      const known = Object.entries(catalogue.trains).map(([name, { expected }]) => `${expected[program]} (${name})`);
      problems.push({
        message: `no train carries ${program} ${version}`,
        path: [...layer.path, 'versions', program],
        hint: `known: ${known.join(', ')}`,
      });
    }
    if (!carriers.some(([name]) => name === train)) versions[program] = version;
  }
  const major = versions.postgresql === undefined ? (carried?.postgresql ?? 0) : Number.parseInt(versions.postgresql, 10);
  return { spec: { kind: host.kind, train, versions }, major };
}

function isWithin(prefix: string, version: string): boolean {
  return version === prefix || version.startsWith(`${prefix}.`);
}

/** A standby replays its leader's WAL: one major version a cluster. Likewise for clusters that share a stanza. */
function checkMajors(layout: Layout, images: ReadonlyMap<HostName, HostImage>, problems: TopologyProblem[]): void {
  const stanzas = new Map<string, { readonly major: number; readonly of: string }>();
  for (const cluster of layout.clusters) {
    const majors = cluster.members.map((name) => ({ name, major: images.get(name)?.major ?? 0 })).filter(({ major }) => major > 0);
    const first = majors[0];
    const other = majors.find(({ major }) => major !== first?.major);
    if (!first) continue;
    if (other) {
      problems.push({
        message: `the cluster ${cluster.name} mixes PostgreSQL ${first.major} (${first.name}) and ${other.major} (${other.name})`,
        path: majorPath(layout, other.name),
        hint: 'a standby needs its leader’s major version: put one program on another train with versions, or the whole cluster with train',
      });
    }
    const before = stanzas.get(cluster.stanza);
    if (before && before.major !== first.major) {
      problems.push({
        message: `the stanza "${cluster.stanza}" is of PostgreSQL ${before.major} (${before.of}), and the cluster ${cluster.name} has ${first.major}`,
        path: ['clusters', cluster.name],
      });
    }
    if (!before) stanzas.set(cluster.stanza, { major: first.major, of: cluster.name });
  }
}

/** Where the spec chose the host's PostgreSQL. */
function majorPath(layout: Layout, name: HostName): readonly string[] {
  const layers = layout.hosts.find((host) => host.name === name)?.layers ?? [];
  const version = layers.findLast(({ overlay }) => typeof overlay.versions?.postgresql === 'string');
  if (version) return [...version.path, 'versions', 'postgresql'];
  const train = layers.findLast(({ overlay }) => typeof overlay.train === 'string');
  return train ? [...train.path, 'train'] : [];
}

function withoutNull<T>(map: Readonly<Record<string, T | null | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).filter((entry): entry is [string, T] => entry[1] !== null && entry[1] !== undefined));
}

function distinct(problems: readonly TopologyProblem[]): readonly TopologyProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify(problem);
    return !seen.has(key) && seen.add(key);
  });
}

function requireImage(images: ReadonlyMap<HostName, HostImage>, host: HostName | undefined): HostImage {
  const image = host === undefined ? undefined : images.get(host);
  if (!image) throw new RangeError(`no image was chosen for ${host}`);
  return image;
}
