/**
 * Labels are the only database: everything that must be known of a lab is read back from its containers. Labels cannot be
 * changed after creation, so what can change (a lab's name) lives in container names instead.
 */
import { hostname } from 'node:os';
import { LabError } from '../core/problem.ts';
import type { Blueprint, ClusterSpec, HostKind, HostName, Secrets } from '../topology/blueprint.ts';
import { isRunning, processStart } from './local-process.ts';

export const labelKeys = {
  lab: 'pglab.lab',
  host: 'pglab.host',
  kind: 'pglab.kind',
  purpose: 'pglab.purpose',
  owner: 'pglab.owner',
  ports: 'pglab.ports',
  spec: 'pglab.spec',
} as const;

/**
 * `hands`: brought up by a person and stays. `replay`: belongs to one run and goes with it. `pool`: waits, frozen, to become one of
 * these. `helper`: lives for one probe or fault.
 */
export type Purpose = 'hands' | 'replay' | 'pool' | 'helper';

/** The process that brings a lab up, precise enough to tell it from a later one with the same pid. */
export interface Owner {
  readonly machine: string;
  readonly pid: number;
  /** Start of the process in clock ticks since boot (field 22 of /proc/PID/stat); 0 where there is no /proc. */
  readonly started: number;
}

/** What a lab's containers remember of their blueprint; on every container, so that any of them can tell. */
export interface LabSpecLabel {
  /** Absent: the lab was made before labs remembered it. */
  readonly asked?: Blueprint['asked'];
  readonly preset: string;
  readonly profile: string;
  readonly clusters: readonly ClusterSpec[];
  readonly etcd: readonly HostName[];
  readonly secrets: Secrets;
  /** Its hosts publish no ports: this machine reaches them at their own addresses. */
  readonly direct?: true;
  /** The snapshot that the lab is a fork of, for people. */
  readonly forkOf?: string;
  /** Of a lab made for the pool. */
  readonly pool?: PoolLabel;
}

export interface PoolLabel {
  /** How many are to wait, this one included. */
  readonly keep: number;
  /** What they are labs of, as it was asked for, JSON: whoever takes one can have it replaced. */
  readonly spec: string;
}

export interface HostLabels {
  readonly lab: string;
  readonly host: HostName;
  readonly kind: HostKind;
  readonly purpose: Purpose;
  readonly owner: Owner;
  /** Container port -> port that it is reached at: published on this machine, or its own. */
  readonly ports: Readonly<Record<number, number>>;
  readonly spec: LabSpecLabel;
}

export function writeLabels(labels: HostLabels): Record<string, string> {
  return {
    [labelKeys.lab]: labels.lab,
    [labelKeys.host]: labels.host,
    [labelKeys.kind]: labels.kind,
    [labelKeys.purpose]: labels.purpose,
    [labelKeys.owner]: JSON.stringify(labels.owner),
    [labelKeys.ports]: JSON.stringify(labels.ports),
    [labelKeys.spec]: JSON.stringify(labels.spec),
  };
}

/** Throws LabError where a container's labels are not all there: another version of the lab made it, or somebody by hand. */
export function readLabels(labels: Readonly<Record<string, string>>, container: string): HostLabels {
  const text = (key: string) => {
    const value = labels[key];
    if (value === undefined)
      throw new LabError(`container ${container} has the label ${labelKeys.lab} but not ${key}, so it is no lab's of this version`, {
        hint: `docker rm -f ${container}, or npm run lab:down -- --all, which removes every lab`,
      });
    return value;
  };
  return {
    lab: text(labelKeys.lab),
    host: text(labelKeys.host),
    kind: text(labelKeys.kind) as HostKind,
    purpose: text(labelKeys.purpose) as Purpose,
    owner: JSON.parse(text(labelKeys.owner)) as Owner,
    ports: JSON.parse(text(labelKeys.ports)) as Record<number, number>,
    spec: JSON.parse(text(labelKeys.spec)) as LabSpecLabel,
  };
}

export function thisOwner(): Owner {
  return { machine: hostname(), pid: process.pid, started: processStart(process.pid) ?? 0 };
}

/** Whether the process that owns a lab still runs. An owner on another machine counts as alive: nobody here can tell. */
export function isAlive(owner: Owner): boolean {
  if (owner.machine !== hostname()) return true;
  return owner.started === 0 ? isRunning(owner.pid) : processStart(owner.pid) === owner.started;
}

/** Names of pool labs begin so; one that was taken from the pool has another name. */
export const poolPrefix = 'pool-';

/** A name for a run's lab that says which process it belongs to: the labels of one from the pool name its maker. */
export function runName(random: string): string {
  const { pid, started } = thisOwner();
  return `run-${pid}-${started}-${random}`;
}

/** What a lab that was made for the pool has become, and whose it is. */
export function readPoolName(name: string, maker: Owner): { readonly purpose: Purpose; readonly owner: Owner } {
  if (name.startsWith(poolPrefix)) return { purpose: 'pool', owner: maker };
  const [, pid, started] = /^run-(\d+)-(\d+)-/.exec(name) ?? [];
  return pid === undefined
    ? { purpose: 'hands', owner: maker }
    : { purpose: 'replay', owner: { ...maker, pid: Number(pid), started: Number(started) } };
}
