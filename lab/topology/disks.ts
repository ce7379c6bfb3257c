/** Paths that are a disk of their own: which host has which, and what cannot be one. */
import type { DiskSpec, HostName } from './blueprint.ts';
import type { Layout, LayoutHost } from './layout.ts';
import { places } from './places.ts';
import type { TopologyProblem } from './topology-problem.ts';
import { didYouMean } from './topology-problem.ts';

/** What a disk has that another host's `from` names and that says no size. It takes memory only as it fills. */
const sharedSize = '1g';

/** The image's own folders: a disk there would hide programs, the lab's supervisor, or devices. */
const systemFolder = /^\/((bin|boot|dev|etc|lib|lib64|proc|run|sbin|sys|usr)(\/.*)?|var|var\/(lib|log|spool|run))?$/;

/** Why a path cannot be used inside a host; undefined where it can. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return `"${path}" is not an absolute path`;
  if (/[\0\r\n]/.test(path)) return 'a path has no line breaks';
  if (
    path === '/' ||
    path.endsWith('/') ||
    path
      .split('/')
      .slice(1)
      .some((part) => part === '' || part === '.' || part === '..')
  ) {
    return `"${path}" is not a plain path (no "..", "//" or "/" at the end)`;
  }
  return undefined;
}

/** Every host's disks, those included that exist because another host sees them. Problems are pushed. */
export function planDisks(layout: Layout, problems: TopologyProblem[]): ReadonlyMap<HostName, readonly DiskSpec[]> {
  const disks = new Map<HostName, Map<string, DiskSpec>>(layout.hosts.map(({ name }) => [name, new Map()]));
  if (layout.preset.repository.kind === 'shared') shareRepository(layout, disks);
  for (const host of layout.hosts) addHostDisks(host, layout, disks, problems);
  for (const own of [...disks.values()]) {
    for (const { from } of own.values()) {
      const source = from && disks.get(from.host);
      if (source && !source.has(from.path)) source.set(from.path, { path: from.path, size: sharedSize });
    }
  }
  return new Map([...disks].map(([host, own]) => [host, [...own.values()]]));
}

/** The first member's repository, seen by all other database hosts. */
function shareRepository(layout: Layout, disks: Map<HostName, Map<string, DiskSpec>>): void {
  const [first, ...others] = layout.hosts.filter(({ kind }) => kind === 'patroni');
  if (!first) return;
  const path = places.repository;
  disks.get(first.name)?.set(path, { path, size: sharedSize });
  for (const { name } of others) disks.get(name)?.set(path, { path, from: { host: first.name, path, mode: 'rw' } });
}

function addHostDisks(host: LayoutHost, layout: Layout, disks: Map<HostName, Map<string, DiskSpec>>, problems: TopologyProblem[]): void {
  const known = layout.hosts.map(({ name }) => name);
  for (const layer of host.layers) {
    for (const [path, disk] of Object.entries(layer.overlay.disks ?? {})) {
      const at = [...layer.path, 'disks', path];
      const wrong =
        pathProblem(path) ?? (systemFolder.test(path) ? `"${path}" cannot be a disk: it would hide what the image has there` : undefined);
      if (wrong !== undefined) {
        problems.push({ message: wrong, path: at });
      } else if (disk === null) {
        disks.get(host.name)?.delete(path);
      } else if (typeof disk === 'string') {
        disks.get(host.name)?.set(path, { path, size: disk.toLowerCase() });
      } else if (!known.includes(disk.from)) {
        problems.push({ message: `no host is called "${disk.from}"`, path: [...at, 'from'], hint: didYouMean(disk.from, known) });
      } else if (disk.from === host.name) {
        problems.push({
          message: `${host.name} cannot see a disk of its own from itself`,
          path: [...at, 'from'],
          hint: 'put it into hosts, below those that see it',
        });
      } else {
        const source = disk.path ?? path;
        const wrongSource = pathProblem(source) ?? (systemFolder.test(source) ? `"${source}" cannot be a disk` : undefined);
        if (wrongSource !== undefined) problems.push({ message: wrongSource, path: [...at, 'path'] });
        else disks.get(host.name)?.set(path, { path, from: { host: disk.from, path: source, mode: disk.mode ?? 'ro' } });
      }
    }
  }
}
