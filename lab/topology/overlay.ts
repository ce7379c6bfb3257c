/**
 * What a person may say about a lab: a preset by name, or a preset with changes. One shape, OVERLAY, for every change of
 * configuration. Knows the words; whether they fit together is for `draft` to say.
 */
import { z } from 'zod';
import type { ProgramName, ServiceName } from './blueprint.ts';
import { readyStates } from './blueprint.ts';
import { duplicateKeysOf } from './duplicate-key.ts';
import { defaultSettings, notMaps } from './map-settings.ts';
import { places } from './places.ts';
import { mergeChanges, type PlainMap } from './plain-map.ts';
import { presetNames } from './presets/index.ts';
import { profileNames } from './timing-profiles.ts';

export const serviceNames = ['etcd', 'patroni', 'postgres', 'pgbackrest', 'sshd', 'async-log'] as const satisfies readonly ServiceName[];
export const programNames = ['postgresql', 'patroni', 'pgbackrest', 'etcd'] as const satisfies readonly ProgramName[];

const hostNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, { error: 'a host name is lower-case letters, digits and dashes, at most 31, and starts with a letter' });
const clusterNameSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,30}$/, {
  error: 'a cluster name is lower-case letters, digits, dashes and underscores, at most 31, and starts with a letter',
});
const stanzaSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, { error: 'a stanza is letters, digits, dashes and underscores' });
const pathSchema = z.string();
/** Settings of Patroni, by those that the lab has by default. */
const settingsSchema = (defaults: PlainMap) =>
  z.record(z.string(), z.unknown()).check(({ value, issues }) => {
    for (const path of notMaps(value, defaults)) issues.push({ code: 'invalid_type', expected: 'object', input: value, path: [...path] });
  });

const optionSchema = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number(), z.boolean()]))], {
  error: 'an option of pgBackRest is text, a number, true, false, a list of these (a repeated option), or null (not set)',
});

const diskSourceSchema = z
  .strictObject({
    from: hostNameSchema.describe('The host whose disk it is.'),
    path: pathSchema.optional().describe('The path there, where it is not the same.'),
    mode: z.enum(['ro', 'rw']).optional().describe('Whether it can be written here: rw, or ro, which is the default.'),
  })
  .describe("Another host's disk, seen here as well.");

/** As tmpfs takes it: 200m. */
const sizeSchema = z
  .string()
  .regex(/^[1-9]\d{0,5}[kKmMgG]([iI]?[bB])?$/, { error: 'a size is a whole number and a unit, such as 200m or 1GB' })
  .transform((size) => size.replace(/i?b$/i, ''));

const diskSchema = z.union([sizeSchema, diskSourceSchema, z.null()], { error: 'a disk is a size such as 200m, or {from: HOST, mode: ro}' });

const versionSchema = z.string({ error: 'a version is text: put it in quotes, or YAML reads 2.50 as 2.5' }).nullable().optional();

const filesSchema = z.record(pathSchema, z.string().nullable()).check(({ value, issues }) => {
  const text = value[places.patroniConfig] ?? '';
  for (const message of duplicateKeysOf(text)) issues.push({ code: 'custom', message, input: text, path: [places.patroniConfig] });
});

const hostOverlayShape = {
  train: z.string().nullable().optional().describe('Release train of images/versions.yaml that hosts run: forky, trixie, bookworm.'),
  versions: z
    .strictObject({
      pgbackrest: versionSchema.describe('pgBackRest of another train: version skew.'),
      postgresql: versionSchema.describe("PostgreSQL, which comes with the host's train: one that it carries."),
      patroni: versionSchema.describe("Patroni, which comes with the host's train: one that it carries."),
      etcd: versionSchema.describe("etcd, which comes with the host's train: one that it carries."),
    })
    .optional()
    .describe("pgBackRest of another train than the host's, by version. The other programs come with train."),
  patroni: settingsSchema(defaultSettings.patroni).optional().describe("Changes to Patroni's local file, /etc/patroni/config.yml."),
  dcs: settingsSchema(defaultSettings.dcs)
    .optional()
    .describe('Changes to bootstrap.dcs before the first start, to the dynamic configuration afterwards.'),
  pgbackrest: z
    .record(z.string(), z.record(z.string(), optionSchema).nullable())
    .optional()
    .describe('Changes to pgbackrest.conf, by section: global, the stanza, or either with a command (global:archive-push).'),
  files: filesSchema.optional().describe('Whole files by absolute path, as raw text, owned by postgres.'),
  disks: z
    .record(pathSchema, diskSchema)
    .optional()
    .describe("Paths on a disk of their own: a size such as 200m, or {from, path, mode} for another host's. Such a lab starts fresh."),
  services: z
    .partialRecord(z.enum(serviceNames), z.enum(['up', 'down']).nullable())
    .optional()
    .describe('Services that run, or do not, from the start.'),
};

/** An OVERLAY for one host, as in `hosts`. */
export const hostOverlaySchema = z.strictObject(hostOverlayShape);

const overlayShape = {
  ...hostOverlayShape,
  hosts: z.record(hostNameSchema, hostOverlaySchema).optional().describe('Changes for single hosts, which come last.'),
};

/** OVERLAY: maps merge, lists and scalars replace, null deletes, `hosts` last. Unknown keys are mistakes. */
export const overlaySchema = z.strictObject(overlayShape);

const readySchema = z
  .enum(readyStates)
  .optional()
  .describe('How far the lab is brought up before the first step: hosts (Patroni is not started), cluster, stanza (the default), backup.');

export const clusterSchema = z.strictObject({
  members: z
    .array(hostNameSchema)
    .min(1)
    .optional()
    .describe("Its database hosts; the first one starts first. Needed, except for main, which has the preset's."),
  stanza: stanzaSchema
    .optional()
    .describe("pgBackRest's stanza; another cluster's may be shared. Default: the preset's for main, else the cluster's name."),
  ready: readySchema,
  ...overlayShape,
});

export const labObjectSchema = z.strictObject({
  preset: z.enum(presetNames).optional().describe('The lab that the rest changes. Default: three-nodes-repo-host.'),
  ready: readySchema,
  start: z.enum(['fresh']).optional().describe('fresh: never from a snapshot of an earlier lab.'),
  profile: z
    .enum(profileNames)
    .optional()
    .describe("Patroni's timing: fast (ttl 20, loop_wait 2, retry_timeout 3; the default) or talk (30, 10, 10)."),
  clusters: z
    .record(clusterNameSchema, clusterSchema)
    .optional()
    .describe("The preset's cluster, which is called main, and further ones beside it."),
  ...overlayShape,
});

/** LAB: a preset's name, or a preset with changes. */
export const labSchema = z.union([z.enum(presetNames), labObjectSchema], {
  error: 'a lab is the name of a preset, or a map with preset, clusters and changes',
});

export type HostOverlay = z.infer<typeof hostOverlaySchema>;
export type Overlay = z.infer<typeof overlaySchema>;
export type ClusterLab = z.infer<typeof clusterSchema>;
export type LabObject = z.infer<typeof labObjectSchema>;
export type LabSpec = z.infer<typeof labSchema>;

/** One overlay that stands for `first` and then `second`; nulls stay, to delete from what it is merged into. */
export function mergeOverlay<T extends Overlay | LabObject>(first: T, second: T): T {
  return mergeChanges(first, second) as T;
}

/** A lab as a map, where it may be a preset's name alone. */
export function labObject(lab: LabSpec): LabObject {
  return typeof lab === 'string' ? { preset: lab } : lab;
}

/** The lab of a variant: `first` with `second` merged into it. */
export function mergeLab(first: LabSpec, second: LabSpec): LabObject {
  return mergeOverlay(labObject(first), labObject(second));
}
