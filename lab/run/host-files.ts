/** Files of running hosts. A change is whole or not at all: programs may read them at any moment. */

import { LabError } from '../core/problem.ts';
import { runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import type { Host } from '../engine/lab.ts';

/** Throws LabError where the file cannot be read. */
export async function readFile(docker: Docker, host: Host, path: string): Promise<string> {
  const { exit, stdout, stderr } = await runCommand(docker, host.container, { user: 'root', argv: ['cat', path] });
  if (exit !== 0) throw new LabError(`${path} on ${host.name} cannot be read: ${stderr.trim()}`);
  return stdout;
}

/** A file that exists keeps its owner and mode; a new one, and folders that it needs, are for postgres, readable for all. */
const write = `set -e
folder=$(dirname "$1")
if [ ! -d "$folder" ]; then
  top=$folder
  while [ ! -d "$(dirname "$top")" ]; do top=$(dirname "$top"); done
  mkdir -p "$folder"
  chown -R postgres:postgres "$top"
fi
umask 077
new="$1.pglab-new"
cat > "$new"
if [ -e "$1" ]; then
  chown --reference="$1" "$new"
  chmod --reference="$1" "$new"
else
  chown postgres:postgres "$new"
  chmod 0644 "$new"
fi
mv -T "$new" "$1"`;

/** Writes files by path; null removes one. Reads back what was written. Throws LabError where that differs. */
export async function changeFiles(docker: Docker, host: Host, files: ReadonlyMap<string, string | null>): Promise<void> {
  for (const [path, text] of files) {
    const command = text === null ? { argv: ['rm', '-f', path] } : { argv: ['sh', '-c', write, 'write', path], stdin: text };
    const { exit, stdout, stderr } = await runCommand(docker, host.container, { user: 'root', ...command });
    if (exit !== 0) throw new LabError(`${path} on ${host.name} cannot be changed: ${(stdout + stderr).trim()}`);
    if (text !== null && (await readFile(docker, host, path)) !== text)
      throw new LabError(`${path} on ${host.name} is not as it was written`);
  }
}
