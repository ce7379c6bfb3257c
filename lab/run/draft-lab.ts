/** The blueprint of a lab that is to be made: with passwords and certificates of its own. */
import { type Problem, UsageError } from '../core/problem.ts';
import { readTrains } from '../engine/trains.ts';
import type { Blueprint } from '../topology/blueprint.ts';
import { draft, draftNeeds } from '../topology/draft.ts';
import type { LabSpec } from '../topology/overlay.ts';
import { makeSecrets } from '../topology/secrets.ts';
import type { TopologyProblem } from '../topology/topology-problem.ts';

/** `locate` puts a mistake where it stands in the user's file. Throws UsageError with every mistake in the spec. */
export async function draftLab(spec: LabSpec, locate: (problem: TopologyProblem) => Problem = withoutPlace): Promise<Blueprint> {
  // Loaded only here: a fork, which has its golden lab's certificates, starts without the library.
  const { makeCertificates } = await import('../topology/certificates.ts');
  const made = { secrets: makeSecrets(), certificates: await makeCertificates(draftNeeds(spec)) };
  const { blueprint, problems } = draft(spec, readTrains(), made);
  if (blueprint) return blueprint;
  throw new UsageError('this lab cannot be made', { problems: problems.map(locate) });
}

function withoutPlace({ message, hint }: TopologyProblem): Problem {
  return { message, ...(hint === undefined ? {} : { hint }) };
}
