/** Drives the compiled program as people do, and looks at what it leaves on the engine. */
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { projectFolder } from '../../lab/core/project.ts';
import type { Docker } from '../../lab/engine/connect.ts';
import { findEngine } from '../../lab/engine/connect.ts';
import { everyLabId, listLabs, removeLab } from '../../lab/engine/lab.ts';

const main = 'dist/lab/cli/main.js';
// One that is sent SIGTERM puts things in order, for as long as that takes: execa would kill it after 5 s.
const options = { cwd: projectFolder, reject: false, stdin: 'ignore', env: { NO_COLOR: '1' }, forceKillAfterDelay: false } as const;

export function pglab(...args: string[]) {
  return execa('node', [main, ...args], options);
}

/** As `pglab`, with this text on stdin. */
export function pglabWithInput(input: string, ...args: string[]) {
  return execa('node', [main, ...args], { ...options, stdin: 'pipe', input });
}

/** With variables set, such as DOCKER_HOST. */
export function pglabWith(env: Record<string, string>, ...args: string[]) {
  return execa('node', [main, ...args], { ...options, env: { ...options.env, ...env } });
}

/** Through npm, in a process group of its own, as a terminal would start it. */
export function npm(...args: string[]) {
  return execa('npm', ['run', ...args], { ...options, detached: true });
}

/** Resolves when the program has said so on stderr. Throws when it ends without. */
export async function says(program: Promise<unknown> & { readonly stderr: Readable | null }, words: RegExp): Promise<void> {
  let text = '';
  await new Promise<void>((resolve, reject) => {
    program.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (words.test(text)) resolve();
    });
    void program.then(() => reject(new Error(`ended without saying ${words}:\n${text}`)));
  });
}

export const docker: Docker = await findEngine();

/** Names of the containers that a lab has, and of its networks; nothing where there is no such lab. */
export async function remainsOf(name: string): Promise<string[]> {
  const containers = await docker.listContainers({ all: true, filters: { name: [`^/pglab-${name}-`] } });
  return containers.map(({ Names }) => Names[0] ?? '');
}

export async function networksOf(id: string): Promise<number> {
  return (await docker.listNetworks({ filters: { label: [`pglab.lab=${id}`] } })).length;
}

/** Ids of everything that a lab is made of, to see that nothing was added. */
export async function labIds(): Promise<Set<string>> {
  return new Set(await everyLabId(docker));
}

/** After a test that went wrong. */
export async function sweep(...names: string[]): Promise<void> {
  const labs = (await listLabs(docker)).filter(({ name }) => names.includes(name));
  await Promise.all(labs.map(({ id }) => removeLab(docker, id)));
}

export async function until(holds: () => Promise<boolean>, within = 20_000): Promise<void> {
  const end = Date.now() + within;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not hold within ${within} ms: ${holds}`);
    await delay(100);
  }
}
