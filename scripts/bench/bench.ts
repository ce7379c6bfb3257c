/** What every part of the bench is given. */
import type { Docker } from '../../lab/engine/connect.ts';
import type { Blueprint, HostSpec } from '../../lab/topology/blueprint.ts';
import type { PartName } from './figures.ts';

export interface Bench {
  readonly docker: Docker;
  readonly chosen: ReadonlySet<PartName>;
  /** What the hand-driven lab is made of; new passwords and certificates each time. */
  readonly draw: () => Promise<Blueprint>;
  readonly imageOf: (host: HostSpec) => string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}
