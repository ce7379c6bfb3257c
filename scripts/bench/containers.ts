/** What containers cost, as the engine counts it: these figures hold on a busy machine too. */
import type { Docker } from '../../lab/engine/connect.ts';

/** Prefix of the names of everything that the bench makes; then its process id. */
export type NamePrefix = `${string}-`;

export interface ContainerCost {
  readonly name: string;
  /** CPU seconds since the container's start. */
  readonly cpu: number;
  /** Bytes, without the page cache that the kernel would give back: what `docker stats` shows. */
  readonly memory: number;
}

interface Stats {
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  readonly memory_stats: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
}

export async function costOf(docker: Docker, prefix: NamePrefix): Promise<ContainerCost[]> {
  const running = await docker.listContainers({ filters: { name: [`^/${prefix}`] } });
  const costs = await Promise.all(
    running.map(async ({ Id, Names }) => {
      const stats = (await docker.getContainer(Id).stats({ stream: false, 'one-shot': true })) as Stats;
      return { name: (Names[0] ?? '').slice(prefix.length + 1), cpu: stats.cpu_stats.cpu_usage.total_usage / 1e9, memory: memoryOf(stats) };
    }),
  );
  return costs.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** As the docker client reckons it: cgroup v1 has `total_inactive_file`, v2 `inactive_file`. */
export function memoryOf({ memory_stats: { usage = 0, stats = {} } }: Pick<Stats, 'memory_stats'>): number {
  const cache = stats.total_inactive_file ?? stats.inactive_file ?? 0;
  return cache < usage ? usage - cache : usage;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
