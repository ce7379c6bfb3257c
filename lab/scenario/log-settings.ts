/**
 * Advice on settings under which programs log elsewhere, less, or in another form: their lines are then not found, and those that must
 * not come are not missed.
 */
import { isPlainMap } from '../topology/plain-map.ts';
import type { Mistake } from './schema-problems.ts';
import type { Path } from './yaml-source.ts';

/** What is lost under a value of a setting; undefined where nothing is. */
type Loss = (value: string) => string | undefined;

const elsewhere = 'what is logged there is not read';
const unread = 'a line in another form is not told from other output';

const parameters: Readonly<Record<string, Loss>> = {
  logging_collector: (value) => (/^(on|true|yes|1)$/i.test(value) ? elsewhere : undefined),
  log_destination: (value) => (value.split(',').some((where) => where.trim() === 'stderr') ? undefined : elsewhere),
  // LOG ranks above ERROR here (PostgreSQL's documentation, "log_min_messages").
  log_min_messages: (value) => (/^(log|fatal|panic)$/i.test(value) ? 'errors are not logged' : undefined),
  log_line_prefix: (value) => (/^%[mt] /.test(value) ? undefined : `${unread}: it begins with %m or %t and a blank`),
};

const patroniLog: Readonly<Record<string, Loss>> = {
  dir: () => elsewhere,
  type: (value) => (value === 'plain' ? undefined : unread),
  format: () => unread,
  dateformat: () => unread,
  level: (value) => (/^(WARNING|ERROR|CRITICAL)$/i.test(value) ? 'what Patroni decides is not logged' : undefined),
};

const pgbackrest: Readonly<Record<string, Loss>> = {
  'log-level-console': (value) => (/^(off|error|warn)$/.test(value) ? 'what it does is not logged' : undefined),
};

/** `overlay` as `adviseOnSettings` has it. */
export function adviseOnLogs(overlay: unknown, path: Path): readonly Mistake[] {
  const under = (at: readonly string[], losses: Readonly<Record<string, Loss>>) =>
    losing(
      at.reduce<unknown>((value, key) => (isPlainMap(value) ? value[key] : undefined), overlay),
      losses,
      [...path, ...at],
    );
  const sections = isPlainMap(overlay) && isPlainMap(overlay.pgbackrest) ? Object.keys(overlay.pgbackrest) : [];
  return [
    ...under(['patroni', 'log'], patroniLog),
    ...under(['patroni', 'postgresql', 'parameters'], parameters),
    ...under(['dcs', 'postgresql', 'parameters'], parameters),
    ...sections.flatMap((section) => under(['pgbackrest', section], pgbackrest)),
  ];
}

function losing(settings: unknown, losses: Readonly<Record<string, Loss>>, path: Path): readonly Mistake[] {
  if (!isPlainMap(settings)) return [];
  return Object.entries(settings).flatMap(([name, value]): readonly Mistake[] => {
    const loss = value === null || typeof value === 'object' || !Object.hasOwn(losses, name) ? undefined : losses[name]?.(String(value));
    return loss === undefined ? [] : [{ message: `with this ${name}, ${loss}`, path: [...path, name] }];
  });
}
