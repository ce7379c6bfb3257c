/** What overlays must not say: files that are not theirs, and changes that are of no use on the host they name. */
import type { HostKind, ServiceName } from './blueprint.ts';
import { pathProblem } from './disks.ts';
import { type Layer, type Layout, type LayoutHost, programsOf, servicesOf } from './layout.ts';
import { programNames } from './overlay.ts';
import type { TopologyProblem } from './topology-problem.ts';

const kindNames: Readonly<Record<HostKind, string>> = { etcd: 'an etcd host', patroni: 'a database host', repo: 'the repository host' };

/** `etcd1 is an etcd host` */
export function whatIs({ name, kind }: { readonly name: string; readonly kind: HostKind }): string {
  return `${name} is ${kindNames[kind]}`;
}

export function checkOverlays(layout: Layout, problems: TopologyProblem[]): void {
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
  const is = whatIs(host);
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
