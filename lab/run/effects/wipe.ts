/** wipe: empties what PostgreSQL and pgBackRest keep on a database host, proven by looking into every folder afterwards. */
import { LabError } from '../../core/problem.ts';
import { runCommand } from '../../engine/commands.ts';
import type { Host } from '../../engine/lab.ts';
import { places } from '../../topology/places.ts';
import { doneBy, type Proof, proven, unproven } from '../proofs.ts';
import type { Effect, StepContext } from './effect.ts';

export const wipe: Effect<'wipe'> = {
  selectors: (args) => [args.on],
  run: async (ctx, args) => {
    const on = ctx.hosts(args.on);
    return doneBy(on, await Promise.all(on.map((host) => wipeOn(ctx, host))));
  },
};

/** Answers `runs`, or a line `PATH ENTRIES` for each folder once it is emptied. WAL and tablespaces may be links to elsewhere. */
const script = `
[ -n "\${PGDATA:-}" ] || { echo none; exit; }
if { read -r pid < "$PGDATA/postmaster.pid" && read -r name < "/proc/$pid/comm"; } 2>/dev/null && [ "$name" = postgres ]; then
  echo runs
  exit
fi
shopt -s nullglob
folders=("$PGDATA" "$1")
for link in "$PGDATA"/pg_tblspc/* "$PGDATA/pg_wal"; do [ -L "$link" ] && folders+=("$(readlink -f "$link")"); done
for folder in "\${folders[@]}"; do
  [ -d "$folder" ] || continue
  find "$folder" -mindepth 1 -delete
  echo "$(find "$folder" -mindepth 1 | wc -l) $folder"
done`;

async function wipeOn(ctx: StepContext, host: Host): Promise<Proof> {
  const { stdout, stderr } = await runCommand(ctx.docker, host.container, { argv: ['bash', '-c', script, 'wipe', places.spool] });
  const lines = stdout.trim().split('\n');
  if (lines[0] === 'none') throw new LabError(`${host.name} has no data directory to wipe`);
  if (lines[0] === 'runs') {
    throw new LabError(`PostgreSQL runs on ${host.name}: its data directory is not wiped`, {
      hint: `stop it first, such as stop: { on: ${host.name}, service: patroni }`,
    });
  }
  const full = lines.filter((line) => !line.startsWith('0 '));
  if (full.length > 0)
    return unproven(`not empty on ${host.name}: ${full.join(', ')}${stderr === '' ? '' : ` (${stderr.trim().split('\n')[0]})`}`);
  return proven(`${lines.map((line) => line.slice(2)).join(', ')} on ${host.name} ${lines.length === 1 ? 'is' : 'are'} empty`);
}
