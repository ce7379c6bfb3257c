/** Looks at files inside a host. */
import { posix } from 'node:path';
import type { FileLook } from '../core/event.ts';
import { LabError } from '../core/problem.ts';
import { runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';

/** More of a file than this is not compared, bytes. */
const readLimit = 1_000_000;

/** How many files match a path with * and ? in it, and what is in the one that does. */
export async function lookAtFiles(docker: Docker, container: string, host: string, path: string, wantText: boolean): Promise<FileLook> {
  // The pattern is data: only `*` and `?` are left to the shell, and only there.
  const glob = (pattern: string) => pattern.replace(/[^\w/.*?-]/g, (character) => `\\${character}`);
  const script = `for f in ${glob(path)}; do [ -e "$f" ] && echo "$f"; done
for d in ${glob(posix.dirname(path))}; do [ -d "$d" ] && exit 0; done
exit 3`;
  const list = await runCommand(docker, container, { argv: ['sh', '-c', script] });
  if (list.exit === 3) return { kind: 'file', host, count: 0, noFolder: true };
  if (list.exit !== 0) throw new LabError(`files on ${host} could not be listed: ${list.stderr.trim()}`);
  const found = list.stdout.split('\n').filter((line) => line !== '');
  const [only] = found;
  if (!wantText || found.length !== 1 || only === undefined) return { kind: 'file', host, count: found.length };
  const text = await runCommand(docker, container, { argv: ['head', '-c', String(readLimit), only] });
  if (text.exit !== 0) throw new LabError(`${only} on ${host} could not be read: ${text.stderr.trim()}`);
  return { kind: 'file', host, count: 1, text: text.stdout };
}
