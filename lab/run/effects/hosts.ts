/** start, stop, restart and kill: whole hosts through the engine, single services through the host's supervisor. */
import { Socket } from 'node:net';
import { settle } from '../../core/settle.ts';
import { controlService, listens } from '../../engine/commands.ts';
import { statusOf } from '../../engine/connect.ts';
import { type Endpoint, endpointOf, type Host } from '../../engine/lab.ts';
import { promptly } from '../../observe/promptly.ts';
import type { ServiceTarget } from '../../scenario/targets.ts';
import { doneBy, type Proof, proven, unproven } from '../proofs.ts';
import { runningServices } from '../services.ts';
import type { Done, Effect, StepContext } from './effect.ts';

/** More than a host's init gives Patroni and PostgreSQL to stop (60 s), s. */
export const stopPatience = 90;

export const start: Effect<'start'> = {
  selectors: (args) => [args.on],
  run: async (ctx, args) => (await nothingToDo(ctx, args, true)) ?? act(ctx, args, bringUp),
};
export const stop: Effect<'stop'> = {
  selectors: (args) => [args.on],
  run: async (ctx, args) => (await nothingToDo(ctx, args, false)) ?? act(ctx, args, takeDown),
};

/**
 * Unproven where all of it is as it should become: `start: replica` finds a replica that runs, and not the one that was stopped before.
 * undefined where there is something to do, or somebody else has done it.
 */
async function nothingToDo(ctx: StepContext, { on, service }: ServiceTarget, up: boolean): Promise<Done | undefined> {
  if (ctx.witnessed) return undefined;
  const hosts = ctx.hosts(on);
  const does = await Promise.all(
    hosts.map(async (host) => {
      const { State } = await ctx.docker.getContainer(host.container).inspect();
      if (service === undefined || !State.Running) return State.Running;
      // Nobody answers there.
      return State.Paused ? !up : (await runningServices(ctx.docker, host)).has(service);
    }),
  );
  if (does.some((runs) => runs !== up)) return undefined;
  const what = `${service === undefined ? '' : `${service} on `}${hosts.map(({ name }) => name).join(', ')}`;
  const reason = up ? `${what} runs already: nothing was started` : `${what} is down already: nothing was stopped`;
  return { on: hosts, outcome: 'unproven', reason };
}

export const restart: Effect<'restart'> = {
  selectors: (args) => [args.on],
  run: async (ctx, args) => {
    const down = await act(ctx, args, takeDown);
    return down.outcome === 'done' ? act(ctx, args, bringUp) : down;
  },
};

export const kill: Effect<'kill'> = {
  selectors: (args) => [args.on],
  run: (ctx, args) =>
    act(ctx, args, async (_, host) => {
      await (ctx.witnessed?.exit ?? killContainer(ctx, host));
      const open = await openPorts(host);
      return open.length === 0
        ? proven(`${host.name} exited`)
        : unproven(`${host.name} exited, but ports ${open.join(', ')} are still open`);
    }),
};

async function killContainer(ctx: StepContext, host: Host): Promise<void> {
  const container = ctx.docker.getContainer(host.container);
  await container.kill();
  await container.wait();
}

async function act(
  ctx: StepContext,
  args: ServiceTarget,
  one: (ctx: StepContext, host: Host, args: ServiceTarget) => Promise<Proof>,
): Promise<Done> {
  const on = ctx.hosts(args.on);
  return doneBy(on, await settle(on.map((host) => one(ctx, host, args))));
}

async function bringUp(ctx: StepContext, host: Host, args: ServiceTarget): Promise<Proof> {
  if (args.service !== undefined) {
    await controlService(ctx.docker, host.container, 'start', args.service);
    return proven(`${args.service} runs on ${host.name}`);
  }
  const container = ctx.docker.getContainer(host.container);
  if (!ctx.witnessed && !(await changes(container.start()))) return proven(`${host.name} runs already`);
  await listens(ctx.docker, host.container);
  await ctx.faults.hostStarted(host);
  const { State } = await container.inspect();
  return State.Running ? proven(`${host.name} runs`) : unproven(`${host.name} is ${State.Status}`);
}

async function takeDown(ctx: StepContext, host: Host, args: ServiceTarget): Promise<Proof> {
  if (args.service !== undefined) {
    await controlService(ctx.docker, host.container, 'stop', args.service);
    return proven(`${args.service} is down on ${host.name}`);
  }
  const exit = await (ctx.witnessed?.exit ?? stopContainer(ctx, host));
  if (exit === undefined) return proven(`${host.name} is down already`);
  return exit === 0 ? proven(`${host.name} stopped in order`) : unproven(`${host.name} stopped with exit code ${exit}`);
}

/** Its exit code; undefined where it was down before. */
async function stopContainer(ctx: StepContext, host: Host): Promise<number | undefined> {
  const container = ctx.docker.getContainer(host.container);
  if (!(await changes(container.stop({ t: stopPatience })))) return undefined;
  return (await container.inspect()).State.ExitCode;
}

/** False where the engine has nothing to do (304): of several hosts, some may be as they should be. */
async function changes(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (statusOf(error) === 304) return false;
    throw error;
  }
}

/** Which of the ports still take connections. */
async function openPorts(host: Host): Promise<number[]> {
  const ports = Object.keys(host.ports).map(Number);
  const open = await Promise.all(ports.map((port) => answers(endpointOf(host, port))));
  return ports.filter((_, index) => open[index]);
}

async function answers(endpoint: Endpoint | undefined): Promise<boolean> {
  if (!endpoint) return false;
  return new Promise((resolve) => {
    const socket = promptly(new Socket(), endpoint.patience);
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('error', () => end(false)).once('connect', () => end(true));
    socket.connect(endpoint.port, endpoint.address);
  });
}
