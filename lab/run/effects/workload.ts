/** workload and mark: they steer the one workload of a run. */
import { poll } from '../../core/deadline.ts';
import { type Millis, parseDuration, seconds } from '../../core/duration.ts';
import { LabError } from '../../core/problem.ts';
import { serverOf } from '../../observe/postgres.ts';
import type { Target, WorkloadSettings } from '../workload.ts';
import type { Done, Effect, StepContext } from './effect.ts';

/** Rows that are not acknowledged by then are not reached. */
const patience = seconds(60);

export const workload: Effect<'workload'> = {
  selectors: (args) => (args.do === 'set' && args.to !== undefined && args.to !== 'leader' ? [args.to] : []),
  run: async (ctx, args): Promise<Done> => {
    if (args.do === 'start') await ctx.workload.start();
    else if (args.do === 'stop') await ctx.workload.stop();
    else if (args.do === 'bytes') await ctx.workload.writeBytes(Number(args.count));
    else if (args.do === 'rows') return waitForRows(ctx, Number(args.count), ctx.within ?? patience);
    else {
      if (args.to !== undefined) ctx.workload.aim(args.to === 'leader' ? undefined : targetOf(ctx, args.to));
      await ctx.workload.start(settings(args));
    }
    return {};
  },
};

function targetOf(ctx: StepContext, selector: string): Target {
  const [host, ...more] = ctx.hosts(selector);
  if (!host || more.length > 0) throw new LabError(`the workload writes to one host, and ${selector} means ${more.length + 1}`);
  return { host: host.name, server: serverOf(ctx.lab, host) };
}

function settings(args: { writers?: number | string; rate?: number | string; hold?: string }): Partial<WorkloadSettings> {
  return {
    ...(args.writers === undefined ? {} : { writers: Number(args.writers) }),
    ...(args.rate === undefined ? {} : { rate: Number(args.rate) }),
    ...(args.hold === undefined ? {} : { hold: parseDuration(args.hold) }),
  };
}

async function waitForRows(ctx: StepContext, count: number, within: Millis): Promise<Done> {
  if (!ctx.workload.running) return { outcome: 'not-reached', reason: 'the workload does not run: start it first' };
  const before = ctx.workload.acked;
  const seen = await poll(
    async () => ctx.workload.acked - before,
    (more) => more >= count,
    { within, signal: ctx.signal, intervals: [50] },
  );
  if (seen.met) return {};
  const why = ctx.workload.lastError === undefined ? '' : `; the last error was ${ctx.workload.lastError}`;
  return { outcome: 'not-reached', reason: `${seen.last} of ${count} rows were acknowledged within ${within / 1000} s${why}` };
}

export const mark: Effect<'mark'> = {
  selectors: () => [],
  run: async (ctx, args) => {
    ctx.recorder.record({ type: 'mark', ...(await ctx.workload.mark(args.name)) });
    return {};
  },
};
