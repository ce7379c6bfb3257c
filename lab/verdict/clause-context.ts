/** What a clause of an open expectation can ask about the run so far. All of it is folded from the history. */
import type { RunStarted } from '../core/event.ts';
import { expand, type Names, type Unbound } from '../scenario/expand.ts';
import { parseSelector, type ResolvedSelector, resolveSelector, type Selector, type SelectorView } from '../scenario/selector.ts';
import type { LedgerRecord } from './ledger-record.ts';
import { clusterKey, type LookRequest } from './look-request.ts';
import type { PointRecord } from './point-record.ts';
import type { Answers } from './reading.ts';
import type { FindingReason } from './verdict.ts';

export interface ClauseContext {
  /** `PlannedStep.id`, and the clause's place in the step. */
  readonly step: string;
  readonly clause: number;
  readonly facts: RunStarted;
  readonly names: () => Names;
  /** Clusters as these answers have them, else as last seen. `main`: what selectors without a cluster's name are about. */
  readonly view: (main: string, answers?: Answers) => SelectorView;
  /** Background steps of the names in scope that have not ended: what they will say is not known yet. */
  readonly running: (name: string) => boolean;
  readonly points: PointRecord;
  readonly ledger: LedgerRecord;
}

/** Why a reference without a value leaves a clause unknown, in words and for programs. */
export function unboundWhy(context: ClauseContext, unbound: Unbound): { readonly message: string; readonly reason: FindingReason } {
  const name = unbound.reference.split('.')[0] ?? '';
  return context.running(name)
    ? { message: `${name} is still running in the background`, reason: 'background-unjoined' }
    : { message: `\${${unbound.reference}} has no value: ${unbound.message}`, reason: 'unbound' };
}

/** A claim with its references filled in, or why that cannot be. */
export function filled<T>(
  context: ClauseContext,
  claim: T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string; readonly reason: FindingReason } {
  const value = expand(claim, context.names());
  return value.ok ? { ok: true, value: value.value } : { ok: false, ...unboundWhy(context, value.unbound) };
}

/** Hosts that an expanded selector means in a round with these answers, else now, and the looks at clusters that the answer rests on. */
export function hostsMeant(
  context: ClauseContext,
  selector: string | readonly string[],
  answers?: Answers,
  main = 'main',
): { readonly looks: readonly LookRequest[]; readonly resolved: ResolvedSelector } {
  const parsed = parseSelector(selector);
  if (!parsed.ok) return { looks: [], resolved: { ok: false, reason: parsed.message } };
  const clusters = [...new Set(roleClusters(parsed.selector, main))];
  return {
    looks: clusters.map((cluster) => ({ key: clusterKey(cluster), kind: 'cluster', cluster })),
    resolved: resolveSelector(parsed.selector, context.view(main, answers)),
  };
}

/** Clusters whose roles a selector asks for; hosts by name and groups need no look. */
function roleClusters(selector: Selector, main: string): readonly string[] {
  if (selector.kind === 'list') return selector.items.flatMap((item) => roleClusters(item, main));
  if (selector.kind === 'but') return [...roleClusters(selector.of, main), ...roleClusters(selector.without, main)];
  const role = selector.kind === 'word' && ['leader', 'replica', 'replicas', 'sync'].includes(selector.word);
  return role ? [selector.cluster ?? main] : [];
}
