/** A lab spec as somebody wrote it: checked word by word, with every mistake at its place and what was probably meant. */
import type { z } from 'zod';
import type { LabSpec } from './overlay.ts';
import { clusterSchema, hostOverlaySchema, labObjectSchema, programNames, serviceNames } from './overlay.ts';
import type { PresetName } from './presets/index.ts';
import { presetNames } from './presets/index.ts';
import type { TopologyProblem } from './topology-problem.ts';
import { didYouMean } from './topology-problem.ts';

export type ReadLab =
  | { readonly lab: LabSpec; readonly problems?: never }
  | { readonly problems: readonly TopologyProblem[]; readonly lab?: never };

/** Reads a value parsed from YAML or JSON. All mistakes are returned at once; whether hosts and trains exist is for `draft`. */
export function readLab(value: unknown): ReadLab {
  if (typeof value === 'string') {
    if ((presetNames as readonly string[]).includes(value)) return { lab: value as PresetName };
    return { problems: [{ message: `unknown preset "${value}"`, path: [], hint: didYouMean(value, presetNames) }] };
  }
  const result = labObjectSchema.safeParse(value, { reportInput: true });
  return result.success ? { lab: result.data } : { problems: result.error.issues.flatMap(problemsOf) };
}

/** A zod issue in a person's words. `path` is relative to the lab spec. */
function problemsOf(issue: z.core.$ZodIssue): readonly TopologyProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownWord(key, keysAt(path), [...path, key]));
    case 'invalid_value':
      return [wrongValue(issue.input, issue.values.map(String), path)];
    case 'invalid_key':
      return [{ message: issue.issues[0]?.message ?? issue.message, path }];
    default:
      return [{ message: issue.message.replace(/^Invalid input: /, ''), path }];
  }
}

function unknownWord(word: string, known: readonly string[], path: readonly (string | number)[]): TopologyProblem {
  const kind = { services: 'service', versions: 'program' }[String(path.at(-2))] ?? 'key';
  return { message: `unknown ${kind} "${word}"`, path, hint: didYouMean(word, known) };
}

function wrongValue(value: unknown, known: readonly string[], path: readonly (string | number)[]): TopologyProblem {
  if (path.at(-1) === 'preset') return { message: `unknown preset ${JSON.stringify(value)}`, path, hint: didYouMean(String(value), known) };
  return { message: `expected ${known.join(' or ')}, not ${JSON.stringify(value)}`, path };
}

function keysAt(path: readonly (string | number)[]): readonly string[] {
  const inCluster = path[0] === 'clusters';
  const rest = inCluster ? path.slice(2) : path;
  if (rest.at(-1) === 'versions') return programNames;
  if (rest.at(-1) === 'services') return serviceNames;
  if (rest.includes('disks')) return ['from', 'path', 'mode'];
  if (rest[0] === 'hosts') return Object.keys(hostOverlaySchema.shape);
  return Object.keys(inCluster ? clusterSchema.shape : labObjectSchema.shape);
}
