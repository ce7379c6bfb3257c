/** The machine that figures are taken on: what it is, and how many CPU seconds it spends, whoever spends them. */
import { cpus, hostname, loadavg, release, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { busySeconds } from '../../lab/engine/machine.ts';

export interface Machine {
  readonly name: string;
  readonly cpus: number;
  readonly model: string;
  readonly memory: number;
  readonly kernel: string;
  readonly node: string;
  readonly engine: string;
  readonly load: readonly number[];
}

export function describeMachine(engine: string): Machine {
  const processors = cpus();
  return {
    name: hostname(),
    cpus: processors.length,
    model: processors[0]?.model.trim() ?? 'unknown',
    memory: totalmem(),
    kernel: release(),
    node: process.version,
    engine,
    load: loadavg(),
  };
}

export interface Measured<T> {
  readonly value: T;
  readonly wall: number;
  /** Machine-wide, less what the machine was busy with just before; undefined where others were too busy to tell. */
  readonly cpu: number | undefined;
  /** Cores that were busy just before. */
  readonly background: number | undefined;
}

const baselineTime = 2_000;
/** Cores kept busy by others, beyond which their share cannot be subtracted: work for a full machine slows theirs down. */
const tooBusy = 0.3;

/** Seconds and CPU seconds that some work takes, after a look at what the machine does without it. */
export async function measure<T>(work: () => Promise<T>, signal: AbortSignal): Promise<Measured<T>> {
  const idle = await spend(() => delay(baselineTime, undefined, { signal }));
  const { value, wall, busy } = await spend(work);
  const background = idle.busy === undefined ? undefined : idle.busy / idle.wall;
  const tells = busy !== undefined && background !== undefined && background <= tooBusy;
  return { value, wall, background, cpu: tells ? Math.max(0, busy - background * wall) : undefined };
}

async function spend<T>(work: () => Promise<T>): Promise<{ value: T; wall: number; busy: number | undefined }> {
  const [started, before] = [performance.now(), busySeconds()];
  const value = await work();
  const [wall, after] = [(performance.now() - started) / 1000, busySeconds()];
  return { value, wall, busy: after === undefined || before === undefined ? undefined : after - before };
}
