/** Keys and fields of the DCS that a test cannot find, whatever happens. */
import type { Blueprint } from '../topology/blueprint.ts';
import { dynamicSettings, misspelt } from '../topology/patroni-settings.ts';
import type { PlainMap } from '../topology/plain-map.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import { type DcsClaim, nameOf } from './expectations/dcs.ts';
import type { Mistake } from './schema-problems.ts';
import { isTemplate } from './template.ts';
import type { Path } from './yaml-source.ts';

/**
 * What Patroni keeps in the DCS, and the fields of what is JSON (its documentation, "DCS keys"; dcs/__init__.py, ha.py of 3.0 to 4.1): a
 * test for the absence of anything else always holds.
 */
const dcsKeys: Readonly<Record<string, readonly string[]>> = {
  initialize: [],
  leader: [],
  history: [],
  failsafe: [],
  failover: ['leader', 'member', 'scheduled_at'],
  status: ['optime', 'slots', 'retain_slots'],
  sync: ['leader', 'sync_standby', 'quorum'],
};

const memberFields: readonly string[] = [
  ...['conn_url', 'api_url', 'proxy_url', 'state', 'role', 'version', 'timeline', 'xlog_location', 'receive_lsn', 'replay_lsn'],
  ...['replication_state', 'tags', 'slots', 'pause', 'pending_restart', 'pending_restart_reason', 'scheduled_restart'],
  ...['checkpoint_after_promote', 'watchdog_failed'],
];

/** Advice, since another Patroni may keep more. */
export function adviseOnKeys({ entries }: DcsClaim, path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  return entries.flatMap(({ key, field }): readonly Mistake[] => {
    const wrong = isTemplate(key) || isTemplate(field) ? undefined : wrongKey(key, field, blueprint);
    return wrong ? [{ ...wrong, path: [...path, nameOf({ key, ...(field === undefined ? {} : { field }) })], key: true }] : [];
  });
}

function wrongKey(key: string, field: string | undefined, blueprint: Blueprint | undefined): Pick<Mistake, 'message' | 'hint'> | undefined {
  const member = /^members\/(.+)$/.exec(key)?.[1];
  if (key === 'config') {
    const [wrong] = field === undefined ? [] : misspelt(nested(field.split('.')), dynamicSettings);
    return wrong && { message: `Patroni has no setting "${wrong.path.at(-1)}" here`, hint: `did you mean "${wrong.meant}"?` };
  }
  if (member === undefined && !Object.hasOwn(dcsKeys, key))
    return key === 'optime/leader'
      ? undefined
      : { message: `Patroni keeps no ${key} in the DCS`, hint: didYouMean(key, [...Object.keys(dcsKeys), 'config', 'members/NAME']) };
  const members = blueprint?.clusters.find(({ name }) => name === 'main')?.members;
  if (member !== undefined && members && !members.includes(member))
    return { message: `this lab has no member "${member}"`, hint: didYouMean(member, members) };
  const fields = member === undefined ? (dcsKeys[key] ?? []) : memberFields;
  const [name = ''] = field?.split('.') ?? [];
  if (field === undefined || fields.includes(name)) return undefined;
  return fields.length === 0
    ? { message: `Patroni keeps no fields in ${key}`, hint: `test ${key} itself, such as { matches: ... }` }
    : { message: `Patroni keeps no ${name} in ${key}`, hint: didYouMean(name, fields) };
}

/** ['a', 'b'] as {a: {b: null}}. */
function nested([name, ...rest]: readonly string[]): PlainMap {
  return name === undefined ? {} : { [name]: rest.length === 0 ? null : nested(rest) };
}
