/** Reads the file of `--overlay`: a lab spec as scenarios have it under `lab:`. */
import { readFile } from 'node:fs/promises';
import { type Problem, UsageError } from '../core/problem.ts';
import { place } from '../scenario/plan-scope.ts';
import { check, type Mistake } from '../scenario/schema-problems.ts';
import { adviseOnSettings } from '../scenario/settings-advice.ts';
import { readYaml, valueAt, type YamlSource } from '../scenario/yaml-source.ts';
import { type LabObject, labObject, labSchema } from '../topology/overlay.ts';
import type { TopologyProblem } from '../topology/topology-problem.ts';

export interface OverlayFile {
  readonly lab: LabObject;
  /** Puts a mistake in the lab where it stands in the file. */
  readonly locate: (problem: TopologyProblem) => Problem;
  /** What Patroni would take from it without a word and without any effect. */
  readonly advice: readonly Problem[];
}

/** Throws UsageError with every mistake and its place. */
export async function readOverlayFile(file: string): Promise<OverlayFile> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${file}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
  });
  const { yaml, problems: syntax, readable } = readYaml({ file, text });
  if (!readable) throw new UsageError(`${file} is not readable YAML`, { problems: syntax });
  const checked = check(labSchema, yaml.value);
  const problems = [...syntax, ...(checked.ok ? [] : checked.mistakes.map((mistake) => place(yaml, mistake)))];
  if (!checked.ok || problems.length > 0) throw new UsageError(`${file} does not describe a lab`, { problems });
  return {
    lab: labObject(checked.value),
    locate: (problem) => place(yaml, inPlace(yaml, problem)),
    advice: adviseOnSettings(yaml.value, []).map((mistake) => place(yaml, mistake)),
  };
}

/** A host that does not exist is shown at its name, and not at what it was to have. */
function inPlace(yaml: YamlSource, problem: TopologyProblem): Mistake {
  return typeof valueAt(yaml, problem.path) === 'object' ? { ...problem, key: true } : problem;
}
