/** How a lab's dynamic configuration differs from what it was made with, as after `patronictl edit-config` or `pause`. */
import { endpointOf, type Lab } from '../engine/lab.ts';
import { readTrains } from '../engine/trains.ts';
import { getJson } from '../observe/patroni.ts';
import { draft, placeholders } from '../topology/draft.ts';
import type { LabSpec } from '../topology/overlay.ts';
import { renderedConfig } from '../topology/patroni-yaml.ts';
import { ports } from '../topology/places.ts';
import { isPlainMap } from '../topology/plain-map.ts';
import { missingFrom } from './reported-settings.ts';

/** Keys such as `postgresql.use_slots` whose values are not those that `spec` gave them; none where no Patroni answers. */
export async function dynamicDrift(lab: Lab, spec: LabSpec): Promise<readonly string[]> {
  const { blueprint } = draft(spec, readTrains(), placeholders(spec));
  const drifts = (blueprint?.clusters ?? []).map(async ({ members: [first = ''] }) => {
    const host = lab.hosts.find(({ name }) => name === first);
    const made = blueprint && renderedConfig(blueprint, first).dcs;
    const now = host && (await getJson(endpointOf(host, ports.patroni), '/config', 1000));
    return made && isPlainMap(now) ? [...missingFrom(now, made), ...missingFrom(made, now)] : [];
  });
  return [...new Set((await Promise.all(drifts)).flat())].sort();
}
