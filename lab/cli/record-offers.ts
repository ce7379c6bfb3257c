/** What a recorder shows after a step: waits until the cluster is at rest, and offers what the step brought about as expectations. */
import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration, seconds } from '../core/duration.ts';
import { type Cause, type Offer, offersOf } from '../report/offers.ts';
import type { Recording } from '../run/recording.ts';
import type { Paint } from './paint.ts';

/** How long nothing new must be seen until a cluster is at rest, ms. */
const quiet = 1500;

/** The last step that did something, or the step of that name. */
export function causeOf(recording: Recording, name?: string): Cause | undefined {
  const cause = recording.cause(name);
  return cause && { ...cause, history: recording.history() };
}

/** What the step has brought about by now, and how that reads. */
export async function lookAgain(
  recording: Recording,
  paint: Paint,
  name?: string,
): Promise<{ readonly cause?: Cause; readonly offers: readonly Offer[]; readonly text: string }> {
  const { run } = recording;
  await run.streams.readThrough(run.lab.hosts.map((host) => host.name));
  await run.lookAtClusters();
  const cause = causeOf(recording, name);
  const offers = cause ? offersOf(cause) : [];
  if (!cause) return { offers, text: 'type a step first; help lists what can be typed' };
  const since = `since ${cause.step.name ?? cause.step.title}:`;
  if (offers.length === 0) return { cause, offers, text: `${paint.dim(since)} nothing out of the ordinary so far; Enter looks again` };
  const lines = offers.map((offer, index) => `${String(index + 1).padStart(4)}  ${shown(offer, cause, paint)}`);
  return {
    cause,
    offers,
    text: [paint.dim(since), ...lines, paint.dim('expect 1 3-5 or expect all makes that an expectation; Enter looks again')].join('\n'),
  };
}

function shown({ shown: text, at }: Offer, cause: Cause, paint: Paint): string {
  const began = cause.history.findLast((event) => event.type === 'step-started' && event.step === cause.step.id)?.at ?? at;
  return `${text.slice(0, 140)} ${paint.dim(`+${formatDuration(Math.max(0, at - began))}`)}`;
}

/**
 * Waits until somebody leads, whoever is up does what it should, and nothing new was offered for a while; no longer than a
 * failover can take, which is ttl, then a loop and its retries (Patroni, "ttl" and "retry_timeout"). False where another step
 * began meanwhile. Throws the signal's reason when aborted.
 */
export async function rest(recording: Recording, signal: AbortSignal): Promise<boolean> {
  const { run } = recording;
  const { ttl = 30, loopWait = 10, retryTimeout = 10 } = run.lab.spec.clusters[0]?.timing ?? {};
  const most = seconds(ttl + loopWait + retryTimeout);
  const step = recording.cause()?.step.id;
  const began = performance.now();
  let since = began;
  let count = 0;
  while (performance.now() - began < most && performance.now() - since < quiet) {
    await delay(200, undefined, { signal });
    const main = (await run.lookAtClusters()).main;
    const settled =
      main?.leader !== undefined &&
      Object.values(main.members).every(({ role, state }) => role === 'unreachable' || state === 'running' || state === 'streaming');
    const cause = causeOf(recording);
    if (cause?.step.id !== step) return false;
    const lines = cause ? offersOf(cause).filter(({ kind }) => kind === 'line').length : 0;
    if (lines > count || !settled) since = performance.now();
    count = lines;
  }
  return true;
}
