/** What a preset says: which hosts there are, and who backs up whom. Everything else is the same for all presets. */
import type { HostName } from '../blueprint.ts';

export interface Preset {
  readonly name: string;
  /** One sentence for `--help` and the reference. */
  readonly about: string;
  readonly etcd: readonly HostName[];
  /** The database hosts of the cluster `main`; the first one starts first. */
  readonly members: readonly HostName[];
  /** Patroni's scope of `main`. */
  readonly scope: string;
  readonly stanza: string;
  /** `host`: a repository host. `shared`: the first member's disk, which the other members see too. */
  readonly repository: { readonly kind: 'host'; readonly name: HostName } | { readonly kind: 'shared' };
}
