/** The shapes that verbs share which act on hosts, on a service of a host, or on one of its processes. */
import { z } from 'zod';
import { serviceNames } from '../topology/overlay.ts';
import { selectorSchema } from './selector.ts';

/** A selector's text. */
export interface HostTarget {
  readonly on: string;
}

/** `SEL` or `{on: SEL}`. */
export const hostTargetSchema = z
  .union([selectorSchema, z.strictObject({ on: selectorSchema })])
  .transform((target): HostTarget => (typeof target === 'string' ? { on: target } : target));

/** Without a service, the host itself is meant. */
export interface ServiceTarget extends HostTarget {
  readonly service?: (typeof serviceNames)[number];
}

export const serviceTargetSchema = z
  .union([
    selectorSchema,
    z.strictObject({
      on: selectorSchema,
      service: z
        .enum(serviceNames)
        .exactOptional()
        .describe('one service of the host, which stays up; postgres is PostgreSQL without Patroni'),
    }),
  ])
  .transform((target): ServiceTarget => (typeof target === 'string' ? { on: target } : target));

/** Processes that faults can aim at: a service's main process, or one of PostgreSQL's own. */
const processNames = [
  'patroni',
  'postgres',
  'pgbackrest',
  'etcd',
  'sshd',
  'archiver',
  'checkpointer',
  'startup',
  'walreceiver',
  'walsender',
  'walwriter',
] as const;
export type ProcessName = (typeof processNames)[number];
export const processSchema = z
  .enum(processNames)
  .describe(
    "a service's main process (postgres: the postmaster), or one of PostgreSQL's own: archiver, checkpointer, startup, walreceiver, walsender, walwriter",
  );

/** Without a process, every process of the host is meant. */
export interface ProcessTarget extends HostTarget {
  readonly process?: ProcessName;
}

export const processTargetSchema = z
  .union([selectorSchema, z.strictObject({ on: selectorSchema, process: processSchema.exactOptional() })])
  .transform((target): ProcessTarget => (typeof target === 'string' ? { on: target } : target));

/** `stop patroni on pg1`, `stop host pg1`. */
export function serviceTitle(does: string, target: ServiceTarget): string {
  return target.service === undefined ? `${does} host ${target.on}` : `${does} ${target.service} on ${target.on}`;
}
