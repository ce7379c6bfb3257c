/**
 * From what a person said about a lab to the Blueprint that the engine makes: who is there, which image and services each
 * host has, and every file as rendered. Pure; passwords and certificates come in as arguments.
 */
import type { Blueprint, ClusterSpec, DiskSpec, FileSpec, HostName, HostSpec, Secrets, ServiceName } from './blueprint.ts';
import type { Certificates } from './certificates.ts';
import { planDisks } from './disks.ts';
import { renderEtcdYml } from './etcd-yml.ts';
import { checkMajors, type HostImage, imageFor, requireImage, type TrainCatalogue } from './host-images.ts';
import type { Layer, Layout, LayoutCluster, LayoutHost } from './layout.ts';
import { layOut, servicesOf } from './layout.ts';
import type { LabSpec } from './overlay.ts';
import { checkOverlays } from './overlay-check.ts';
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
  const conf = host.kind === 'etcd' ? undefined : pgbackrestConf(host, plans, plan);
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

function pgbackrestConf(host: LayoutHost, plans: readonly ClusterPlan[], plan: ClusterPlan | undefined): PgbackrestConf {
  const conf = plan ? memberConf(host.name, plan) : repositoryConf(plans);
  return host.layers.reduce((merged, { overlay }) => mergePgbackrestConf(merged, overlay.pgbackrest ?? {}), conf);
}

function memberConf(host: HostName, { spec, major }: ClusterPlan): PgbackrestConf {
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
