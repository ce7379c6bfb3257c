/** What a scenario may say it needs, and this lab does not have. */
import type { capabilities } from '../scenario/scenario-schema.ts';

type Capability = (typeof capabilities)[number];

/** The hosts' images bring libfaketime, and `slow` itself says where the kernel has no netem. The rest would need devices or services that no preset has. */
const offered: ReadonlySet<string> = new Set<Capability>(['clock', 'latency']);

export function missingCapabilities(needs: readonly string[]): readonly string[] {
  return needs.filter((need) => !offered.has(need));
}
