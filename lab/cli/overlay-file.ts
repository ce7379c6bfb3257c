/** Reads the file of `--overlay`: a lab spec as scenarios have it under `lab:`. */
import { readFile } from 'node:fs/promises';
import { type Problem, UsageError } from '../core/problem.ts';
import { readYaml } from '../scenario/yaml-source.ts';
import { readLab } from '../topology/lab-spec.ts';
import { type LabObject, labObject } from '../topology/overlay.ts';
import type { TopologyProblem } from '../topology/topology-problem.ts';

export interface OverlayFile {
  readonly lab: LabObject;
  /** Puts a mistake in the lab where it stands in the file. */
  readonly locate: (problem: TopologyProblem) => Problem;
}

/** Throws UsageError with every mistake and its place. */
export async function readOverlayFile(file: string): Promise<OverlayFile> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${file}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
  });
  const { yaml, problems: syntax } = readYaml({ file, text });
  if (syntax.length > 0) throw new UsageError(`${file} is not readable YAML`, { problems: syntax });
  const locate = ({ message, path, hint }: TopologyProblem): Problem => ({
    message,
    file,
    span: message.startsWith('unknown key') ? yaml.keySpanOf(path) : yaml.spanOf(path),
    ...(hint === undefined ? {} : { hint }),
  });
  const { lab, problems } = readLab(yaml.value);
  if (problems) throw new UsageError(`${file} does not describe a lab`, { problems: problems.map(locate) });
  return { lab: labObject(lab), locate };
}
