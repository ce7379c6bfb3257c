/** What a run leaves behind: `.lab/runs/<time>-<scenario>-<variant>/`, enough to judge it again without a lab. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tellError } from '../core/problem.ts';
import type { Docker } from '../engine/connect.ts';
import { isRemoved, type Lab } from '../engine/lab.ts';
import { readLog } from '../engine/log-stream.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Blueprint } from '../topology/blueprint.ts';

/** Names of the files in a run folder. */
export const runFiles = {
  scenario: 'scenario.yaml',
  recipes: 'recipes',
  plan: 'plan.json',
  history: 'history.jsonl',
  ledger: 'ledger.jsonl',
  verdict: 'verdict.json',
  configs: 'configs',
  logs: 'logs',
} as const;

/** Makes a folder for one run. Its name sorts by time and never stands for two runs. */
export async function makeRunFolder(parent: string, plan: Pick<Plan, 'scenario' | 'variant'>, started: Date): Promise<string> {
  await mkdir(parent, { recursive: true });
  const stamp = started.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  for (let n = 1; ; n += 1) {
    const folder = join(parent, `${stamp}-${plan.scenario}-${plan.variant}${n === 1 ? '' : `-${n}`}`);
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** What a scenario was read from. `recipes`: texts of recipes' files by name. */
export interface ScenarioText {
  readonly source: string;
  readonly recipes: Readonly<Record<string, string>>;
}

/** The scenario with its recipes and the plan as they are, and every configuration as rendered, passwords and keys taken out. */
export async function writeInputs(
  folder: string,
  { source, recipes }: ScenarioText,
  plan: Plan,
  blueprint: Pick<Blueprint, 'hosts'>,
  redact: (text: string) => string,
): Promise<void> {
  await writeFile(join(folder, runFiles.scenario), source);
  await writeFile(join(folder, runFiles.plan), `${JSON.stringify(plan, null, 2)}\n`);
  for (const [name, text] of Object.entries(recipes)) await writeInto(join(folder, runFiles.recipes, `${name}.yaml`), text);
  for (const host of blueprint.hosts) {
    for (const file of host.files) await writeInto(join(folder, runFiles.configs, host.name, file.path), redact(file.text));
  }
}

async function writeInto(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Each host's log stream as the engine has it; nothing of a host that somebody removed. What cannot be read says why, and costs no verdict. */
export async function writeLogs(folder: string, docker: Docker, lab: Lab, redact: (text: string) => string): Promise<void> {
  await mkdir(join(folder, runFiles.logs), { recursive: true });
  await Promise.all(
    lab.hosts.map(async (host) => {
      const lines: string[] = [];
      try {
        for await (const line of readLog(docker, host.container, { follow: false })) lines.push(`${line.stamp} ${line.text}\n`);
      } catch (error) {
        if (isRemoved(error)) return;
        lines.push(`pglab: the rest could not be read: ${tellError(error)}\n`);
      }
      await writeFile(join(folder, runFiles.logs, `${host.name}.log`), redact(lines.join('')));
    }),
  );
}
