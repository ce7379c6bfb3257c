/**
 * freeze: a host through the engine's freezer, or one process through SIGSTOP. `postgres` means the postmaster and everything it
 * started; of every other name only that process. Proven by being reported stopped and by silence: no CPU time, no answer.
 */
import { LabError, UnsupportedError } from '../../core/problem.ts';
import { settle } from '../../core/settle.ts';
import { endpointOf, freezeContainer, type Host } from '../../engine/lab.ts';
import { askHttp } from '../../observe/http.ts';
import { ask, serverOf, sqlstateOf } from '../../observe/postgres.ts';
import type { ProcessName } from '../../scenario/targets.ts';
import { ports } from '../../topology/places.ts';
import { findProcesses, type Process, readProcesses, signalProcesses, stillThere } from '../processes.ts';
import { allProven, doneBy, type Proof, proven, unproven } from '../proofs.ts';
import type { Effect, StepContext } from './effect.ts';

export const freeze: Effect<'freeze'> = {
  selectors: (args) => [args.on],
  run: async (ctx, args) => {
    const on = ctx.hosts(args.on);
    const { process } = args;
    const faults = on.map((host) => (process === undefined ? freezeHost(ctx, host) : freezeProcess(ctx, host, process)));
    ctx.faults.add(ctx, {
      hosts: on,
      heal: async () => allProven(await Promise.all(faults.map(({ thaw }) => thaw()))),
    });
    return doneBy(on, await settle(faults.map(({ act }) => act())));
  },
};

/** Both halves exist before either happens: a freeze that fails on one host is still healed on the others. */
interface Freezing {
  readonly act: () => Promise<Proof>;
  readonly thaw: () => Promise<Proof>;
}

/** How long silence is listened to, ms. What answers, answers within a tenth of that. */
const listening = 1000;

function freezeHost(ctx: StepContext, host: Host): Freezing {
  const container = ctx.docker.getContainer(host.container);
  return {
    act: async () => {
      try {
        if (!ctx.witnessed) await freezeContainer(container);
      } catch (error) {
        if (error instanceof UnsupportedError) throw error;
        throw new LabError(`${host.name} cannot be frozen: it is ${await stateOf(ctx, host)}`, { cause: error });
      }
      return stillness(ctx, host);
    },
    thaw: async () => {
      if ((await stateOf(ctx, host)) === 'paused') await container.unpause();
      const now = await stateOf(ctx, host);
      return now === 'paused' ? unproven(`${host.name} is still paused`) : proven(`${host.name} is ${now}`);
    },
  };
}

async function stillness(ctx: StepContext, host: Host): Promise<Proof> {
  const open = Object.keys(host.ports).map(Number);
  const before = await cpuTime(ctx, host);
  const answered = await Promise.all(open.map((port) => answers(ctx, host, port)));
  const used = (await cpuTime(ctx, host)) - before;
  const state = await stateOf(ctx, host);
  const talking = open.filter((_, index) => answered[index]);
  if (state !== 'paused') return unproven(`${host.name} is ${state}`);
  if (used > 0) return unproven(`${host.name} is paused, but used ${used} ns of CPU`);
  if (talking.length > 0) return unproven(`${host.name} is paused, but answers on port ${talking.join(', ')}`);
  return proven(`${host.name} is paused and uses no CPU${open.length > 0 ? ', and does not answer' : ''}`);
}

async function stateOf(ctx: StepContext, host: Host): Promise<string> {
  return (await ctx.docker.getContainer(host.container).inspect()).State.Status;
}

/** CPU time that a host's processes used so far, ns. The engine tells it of a paused host as well. */
async function cpuTime(ctx: StepContext, host: Host): Promise<number> {
  const stats = await ctx.docker.getContainer(host.container).stats({ stream: false, 'one-shot': true });
  return stats.cpu_stats.cpu_usage.total_usage;
}

/** Which port a frozen process no longer answers on, by its name. */
const portOf: Readonly<Partial<Record<ProcessName, number>>> = { patroni: ports.patroni, postgres: ports.postgres, etcd: ports.etcdClient };

function freezeProcess(ctx: StepContext, host: Host, name: ProcessName): Freezing {
  let found: readonly Process[] = [];
  return {
    act: async () => {
      found = findProcesses(await readProcesses(ctx.docker, host), name, host.name, true);
      // The postmaster comes first, so that nobody new is started meanwhile.
      const { first, last } = await signalProcesses(ctx.docker, host, 'STOP', found, 0.3);
      const port = portOf[name];
      const talks = port !== undefined && host.ports[port] !== undefined && (await answers(ctx, host, port));
      return stoppedProof(host, name, found, stillThere(first, found), stillThere(last, found), talks);
    },
    thaw: () => thawProcess(ctx, host, name, found),
  };
}

function stoppedProof(
  host: Host,
  name: string,
  meant: readonly Process[],
  first: readonly Process[],
  last: readonly Process[],
  answers: boolean,
): Proof {
  const moving = last.filter((now) => now.state !== 'T' || first.some((before) => before.pid === now.pid && before.ticks !== now.ticks));
  const who = `${name} on ${host.name} (pid ${meant[0]?.pid}${meant.length > 1 ? ` and ${meant.length - 1} more` : ''})`;
  if (last.length === 0) return unproven(`${who} is gone`);
  if (moving.length > 0) return unproven(`${who}: pid ${moving.map(({ pid, state }) => `${pid} (state ${state})`).join(', ')} still moves`);
  if (answers) return unproven(`${who} is stopped, but still answers`);
  return proven(`${who} is stopped and uses no CPU${portOf[name as ProcessName] === undefined ? '' : ', and does not answer'}`);
}

async function thawProcess(ctx: StepContext, host: Host, name: string, found: readonly Process[]): Promise<Proof> {
  const state = await stateOf(ctx, host);
  if (state !== 'running') return proven(`${host.name} is ${state}, and nothing of it is stopped`);
  const { last } = await signalProcesses(ctx.docker, host, 'CONT', found);
  const left = stillThere(last, found);
  const stopped = left.filter((process) => process.state === 'T');
  if (stopped.length > 0) return unproven(`${name} on ${host.name}: pid ${stopped.map(({ pid }) => pid).join(', ')} is still stopped`);
  return proven(left.length > 0 ? `${name} on ${host.name} runs on` : `${name} on ${host.name} ended while it was frozen`);
}

/** Whether a program answers on a host's port: any answer of its own, not a connection that the kernel took for it. */
async function answers(ctx: StepContext, host: Host, port: number): Promise<boolean> {
  if (port === ports.postgres) {
    return ask(serverOf(ctx.lab, host), 'select 1', listening).then(
      () => true,
      // Its own refusal is an answer too: those have an SQLSTATE.
      (error: unknown) => sqlstateOf(error) !== undefined,
    );
  }
  const endpoint = endpointOf(host, port);
  if (!endpoint) return false;
  return askHttp(endpoint, { path: '/', timeout: listening }).then(
    () => true,
    () => false,
  );
}
