/** Advice on Patroni's settings in an OVERLAY: what Patroni would take without a word, and without any effect. */
import { distance } from 'fastest-levenshtein';
import {
  astray,
  clusterParameters,
  dynamicNumbers,
  dynamicSettings,
  localSettings,
  misspelt,
  ownParameters,
  timing,
} from '../topology/patroni-settings.ts';
import { isPlainMap } from '../topology/plain-map.ts';
import { adviseOnLogs } from './log-settings.ts';
import { unknownCommand } from './program-commands.ts';
import type { Mistake } from './schema-problems.ts';
import { isTemplate } from './template.ts';
import type { Path } from './yaml-source.ts';

/** `overlay` as it is written, with references in it: a lab's or one of its clusters', a host's, or what a `configure` changes. */
export function adviseOnSettings(overlay: unknown, path: Path): readonly Mistake[] {
  if (!isPlainMap(overlay)) return [];
  const local = isPlainMap(overlay.patroni) ? overlay.patroni : {};
  const dynamic = isPlainMap(overlay.dcs) ? overlay.dcs : {};
  const misplaced = [...astray(local, localSettings, ['patroni']), ...astray(dynamic, dynamicSettings, ['dcs'])];
  const misnamed = [...misspelt(local, localSettings, ['patroni']), ...misspelt(dynamic, dynamicSettings, ['dcs'])];
  return [
    ...misplaced.map(({ path: at, home }) => ({
      message: `Patroni has ${at.at(-1)} elsewhere, and would ignore it here`,
      path: [...path, ...at],
      key: true as const,
      hint: `write ${home}`,
    })),
    ...misnamed.map(({ path: at, meant }) => ({
      message: `Patroni has no setting "${at.at(-1)}" here, and would ignore it`,
      path: [...path, ...at],
      key: true as const,
      hint: `did you mean "${meant}"?`,
    })),
    ...adviseOnSections(overlay.pgbackrest, [...path, 'pgbackrest']),
    ...adviseOnNumbers(dynamic, [...path, 'dcs']),
    ...adviseOnLogs(overlay, path),
    ...adviseOnPostgresql(local.postgresql, [...path, 'patroni', 'postgresql'], 'local'),
    ...adviseOnPostgresql(dynamic.postgresql, [...path, 'dcs', 'postgresql'], 'dynamic'),
    ...['hosts', 'clusters'].flatMap((key) => {
      const parts = overlay[key];
      return isPlainMap(parts) ? Object.entries(parts).flatMap(([name, part]) => adviseOnSettings(part, [...path, key, name])) : [];
    }),
  ];
}

/** Sections of pgbackrest.conf, which pgBackRest passes over where they are neither global, nor a stanza's, nor a command's of these. */
function adviseOnSections(sections: unknown, path: Path): readonly Mistake[] {
  return Object.keys(isPlainMap(sections) ? sections : {}).flatMap((section): readonly Mistake[] => {
    const [name = '', command] = section.split(':');
    const wrong = command !== undefined && !isTemplate(command) ? unknownCommand('pgbackrest', command) : undefined;
    const at = { path: [...path, section], key: true as const };
    if (wrong) return [{ ...wrong, ...at }];
    const near = name !== 'global' && distance(name.toLowerCase(), 'global') <= 1;
    return near ? [{ message: `pgBackRest would take [${section}] for a stanza of that name`, ...at, hint: 'did you mean "global"?' }] : [];
  });
}

/** Settings of the cluster that are whole numbers; what is not, or is too small, Patroni replaces. */
function adviseOnNumbers(dynamic: Readonly<Record<string, unknown>>, path: Path): readonly Mistake[] {
  const wrong = Object.entries(dynamic).flatMap(([name, value]): readonly Mistake[] => {
    const limits = Object.hasOwn(dynamicNumbers, name) ? dynamicNumbers[name] : undefined;
    if (!limits || value === null || isTemplate(value)) return [];
    const number = wholeNumber(value);
    const message =
      number === undefined
        ? `Patroni wants a whole number without a unit as ${name}, and would not take this`
        : limits.min !== undefined && number < limits.min
          ? `Patroni takes no ${name} below ${limits.min}, and would use ${limits.min}`
          : undefined;
    return message === undefined ? [] : [{ message, path: [...path, name] }];
  });
  const [ttl, loopWait, retryTimeout] = timing.map((name) => wholeNumber(dynamic[name]));
  if (wrong.length > 0 || ttl === undefined || loopWait === undefined || retryTimeout === undefined || loopWait + 2 * retryTimeout <= ttl)
    return wrong;
  const message = `loop_wait and twice retry_timeout are more than ttl, and Patroni would shorten them`;
  return [{ message, path: [...path, 'ttl'], key: true, hint: 'loop_wait + 2 * retry_timeout <= ttl' }];
}

function wholeNumber(value: unknown): number | undefined {
  return /^-?\d+$/.test(String(value)) ? Number(value) : undefined;
}

/** Patroni's `postgresql` section, and PostgreSQL's parameters in it. A section with a name of its own is a method's, and so a map. */
function adviseOnPostgresql(section: unknown, path: Path, from: 'local' | 'dynamic'): readonly Mistake[] {
  if (!isPlainMap(section)) return [];
  const known = { ...dynamicSettings.postgresql, ...(from === 'local' ? localSettings.postgresql : {}) };
  const near = misspelt(section, known).map(({ path: [name] }) => name);
  const outside = Object.entries(section).flatMap(([name, value]): readonly Mistake[] =>
    Object.hasOwn(known, name) || near.includes(name) || value === null || typeof value === 'object'
      ? []
      : [
          {
            message: `Patroni has no setting "${name}" here, and would ignore it`,
            path: [...path, name],
            key: true,
            hint: `a parameter of PostgreSQL stands under parameters: {${name}: ...}`,
          },
        ],
  );
  const parameters = isPlainMap(section.parameters) ? section.parameters : {};
  return [
    ...outside,
    ...Object.entries(parameters).flatMap(([name, value]) => adviseOnParameter(name, value, [...path, 'parameters', name], from)),
  ];
}

function adviseOnParameter(name: string, value: unknown, path: Path, from: 'local' | 'dynamic'): readonly Mistake[] {
  const parameter = name.toLowerCase();
  const own = Object.hasOwn(ownParameters, parameter) ? ownParameters[parameter] : undefined;
  if (own !== undefined) return [{ message: `Patroni sets ${name} itself, and would ignore it here`, path, key: true, hint: own }];
  const limits = Object.hasOwn(clusterParameters, parameter) ? clusterParameters[parameter] : undefined;
  if (!limits || value === null) return [];
  if (from === 'local')
    return [
      {
        message: `Patroni takes ${name} from the cluster's dynamic configuration alone, and would ignore it here`,
        path,
        key: true,
        hint: `write dcs: {postgresql: {parameters: {${name}: ...}}}`,
      },
    ];
  if (isTemplate(value)) return [];
  if (limits.words && !limits.words.includes(String(value).toLowerCase()))
    return [{ message: `Patroni takes ${limits.words.join(', ')} as ${name}, and would use its own default`, path }];
  if (limits.min === undefined) return [];
  const number = wholeNumber(value);
  if (number === undefined && !(limits.unit && /^\d+ *[kMGT]?B$/.test(String(value))))
    return [{ message: `Patroni wants a whole number as ${name}, and would use its own default`, path }];
  if (number === undefined || number >= limits.min) return [];
  return [{ message: `Patroni takes no ${name} below ${limits.min}, and would use its own default`, path }];
}
