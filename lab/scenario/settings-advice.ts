/** Advice on Patroni's settings in an OVERLAY: what Patroni would take without a word, and without any effect. */
import { dynamicSettings, localSettings, misspelt } from '../topology/patroni-settings.ts';
import { isPlainMap } from '../topology/plain-map.ts';
import type { Mistake } from './schema-problems.ts';
import type { Path } from './yaml-source.ts';

/** `overlay` as it is written, with references in it: a lab's or one of its clusters', a host's, or what a `configure` changes. */
export function adviseOnSettings(overlay: unknown, path: Path): readonly Mistake[] {
  if (!isPlainMap(overlay)) return [];
  const local = isPlainMap(overlay.patroni) ? overlay.patroni : {};
  const dynamic = isPlainMap(overlay.dcs) ? overlay.dcs : {};
  const misplaced = Object.keys(local).filter((name) => Object.hasOwn(dynamicSettings, name) && !Object.hasOwn(localSettings, name));
  const outside = Object.keys(dynamic).filter(
    (name) => Object.hasOwn(dynamicSettings.postgresql ?? {}, name) && !Object.hasOwn(dynamicSettings, name),
  );
  const misnamed = [
    ...misspelt(local, { ...dynamicSettings, ...localSettings }, ['patroni']),
    ...misspelt(dynamic, dynamicSettings, ['dcs']),
  ];
  return [
    ...misplaced.map((name) => ({
      message: `Patroni takes ${name} from the cluster's dynamic configuration alone, and would ignore it here`,
      path: [...path, 'patroni', name],
      key: true as const,
      hint: 'put it under dcs',
    })),
    ...outside.map((name) => ({
      message: `Patroni has ${name} under postgresql, and would ignore it here`,
      path: [...path, 'dcs', name],
      key: true as const,
      hint: `write dcs: {postgresql: {${name}: ...}}`,
    })),
    ...misnamed.map(({ path: at, meant }) => ({
      message: `Patroni has no setting "${at.at(-1)}" here, and would ignore it`,
      path: [...path, ...at],
      key: true as const,
      hint: `did you mean "${meant}"?`,
    })),
    ...['hosts', 'clusters'].flatMap((key) => {
      const parts = overlay[key];
      return isPlainMap(parts) ? Object.entries(parts).flatMap(([name, part]) => adviseOnSettings(part, [...path, key, name])) : [];
    }),
  ];
}
