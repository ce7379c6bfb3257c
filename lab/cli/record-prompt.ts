/** The prompt of `pglab record`: a step that is typed is carried out, and what it brought about is offered as an expectation. */
import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration, parseDuration, seconds } from '../core/duration.ts';
import { type Cause, expectationOf, type Offer, offersOf } from '../report/offers.ts';
import type { Recording } from '../run/recording.ts';
import { freeName, renderStep } from '../scenario/recorded-scenario.ts';
import { type RawStep, readTypedStep, typedForms } from '../scenario/typed-step.ts';
import { type Paint, paintFor } from './paint.ts';
import { showProgress } from './progress.ts';
import type { Prompt } from './prompt.ts';
import { describeCommands, describeLab } from './prompt-answers.ts';
import { showResult } from './show-result.ts';

const commands: readonly (readonly [string, string])[] = [
  [typedForms.slice(0, 2).join(', '), 'a step: it is carried out, and recorded'],
  ['{ kill: leader, as: death }', 'a step as in a scenario file, with its modifiers; an expect too'],
  ['Enter, wait 20s', 'see what the last step has brought about by now'],
  ['expect 1 3-5, expect all', 'make that an expectation'],
  ['steps', 'what is recorded so far'],
  ['status', 'how the cluster is'],
  ['done', 'write the scenario'],
  ['quit', 'end without writing it'],
  ...typedForms.slice(2).map((form) => [form, ''] as const),
];

/** How long nothing new must be seen until a cluster is at rest, ms. */
const quiet = 1500;

/** Until `done` or the end of the input; false for `quit`. */
export async function recordByHand(recording: Recording, prompt: Prompt): Promise<boolean> {
  const paint = paintFor(process.stdout);
  let offers: readonly Offer[] = [];
  for (;;) {
    const line = await prompt.ask('record> ');
    if (line === undefined || line === 'done') return true;
    if (line === 'quit') return false;
    if (line === '') offers = await lookAgain(recording, paint);
    else if (line === 'help' || line === '?') say(describeCommands(commands, paint));
    else if (line === 'steps') say(recording.steps().map(renderStep).join('\n') || 'nothing yet');
    else if (line === 'status') say(await describeLab(recording.run, paint));
    else if (/^wait\b/.test(line)) offers = await wait(line, recording, paint);
    else if (/^expect +(all|\d)/.test(line)) offers = await expectOffers(line, offers, recording, paint);
    else offers = (await typedStep(line, recording, paint)) ?? offers;
  }
}

/** Says what takes so long, where somebody waits for it. */
async function busy<T>(what: string, work: Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work;
  const progress = showProgress(process.stderr);
  progress.phase(what);
  try {
    return await work;
  } finally {
    progress.end('done');
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** undefined where it was no step. */
async function typedStep(line: string, recording: Recording, paint: Paint): Promise<readonly Offer[] | undefined> {
  const typed = readTypedStep(line);
  if (!typed.ok) {
    say(`${typed.message}\n  ${typed.hint}; help lists what can be typed`);
    return undefined;
  }
  const done = await carryOut(typed.step, recording, paint);
  if (!done) return undefined;
  if ('expect' in done || 'mark' in done || ('workload' in done && done.workload !== 'stop')) return [];
  await busy('waiting for the cluster to come to rest', rest(recording));
  return lookAgain(recording, paint);
}

/** The step as it was recorded; undefined where it was not carried out. */
async function carryOut(step: RawStep, recording: Recording, paint: Paint): Promise<RawStep | undefined> {
  const done = await busy(renderStep(step).split('\n')[0] ?? '', recording.carryOut(step));
  if ('problems' in done) {
    for (const { message, hint } of done.problems) say(`${paint.red(message)}${hint === undefined ? '' : `\n  ${hint}`}`);
    return undefined;
  }
  if (!('expect' in step)) say(showResult(done.result, paint));
  say(paint.dim(renderStep(done.raw)));
  for (const { message } of done.findings)
    say(`${paint.red('✗')} ${message}\n  a replay will find the same; take the step out of the file if it is not meant`);
  return done.raw;
}

function causeOf(recording: Recording): Cause | undefined {
  const cause = recording.cause();
  return cause && { ...cause, history: recording.history() };
}

async function lookAgain(recording: Recording, paint: Paint): Promise<readonly Offer[]> {
  const { run } = recording;
  await run.streams.readThrough(run.lab.hosts.map(({ name }) => name));
  await run.lookAtClusters();
  const cause = causeOf(recording);
  const offers = cause ? offersOf(cause) : [];
  if (offers.length === 0)
    say(cause ? 'nothing out of the ordinary so far; Enter looks again' : 'type a step first; help lists what can be typed');
  else {
    say(paint.dim(`since ${cause?.step.name ?? cause?.step.title}:`));
    say(offers.map((offer, index) => `${String(index + 1).padStart(4)}  ${shown(offer, cause, paint)}`).join('\n'));
    say(paint.dim('expect 1 3-5 or expect all makes that an expectation; Enter looks again'));
  }
  return offers;
}

function shown({ shown: text, at }: Offer, cause: Cause | undefined, paint: Paint): string {
  const began = cause?.history.findLast((event) => event.type === 'step-started' && event.step === cause.step.id)?.at ?? at;
  return `${text.slice(0, 140)} ${paint.dim(`+${formatDuration(Math.max(0, at - began))}`)}`;
}

/**
 * Waits until somebody leads, whoever is up does what it should, and nothing new was offered for a while; no longer than a
 * failover can take, which is ttl, then a loop and its retries (Patroni, "ttl" and "retry_timeout").
 */
async function rest(recording: Recording): Promise<void> {
  const { run } = recording;
  const { ttl = 30, loopWait = 10, retryTimeout = 10 } = run.lab.spec.clusters[0]?.timing ?? {};
  const most = seconds(ttl + loopWait + retryTimeout);
  const began = performance.now();
  let since = began;
  let count = 0;
  while (performance.now() - began < most && performance.now() - since < quiet) {
    await delay(200, undefined, { signal: run.signal });
    const main = (await run.lookAtClusters()).main;
    const settled =
      main?.leader !== undefined &&
      Object.values(main.members).every(({ role, state }) => role === 'unreachable' || state === 'running' || state === 'streaming');
    const cause = causeOf(recording);
    const lines = cause ? offersOf(cause).filter(({ kind }) => kind === 'line').length : 0;
    if (lines > count || !settled) since = performance.now();
    count = lines;
  }
}

async function wait(line: string, recording: Recording, paint: Paint): Promise<readonly Offer[]> {
  const [, text = ''] = line.split(/\s+/);
  let time: number;
  try {
    time = parseDuration(text);
  } catch {
    say(`not a duration: ${JSON.stringify(text)}; such as wait 20s`);
    return [];
  }
  await delay(time, undefined, { signal: recording.run.signal });
  return lookAgain(recording, paint);
}

async function expectOffers(line: string, offers: readonly Offer[], recording: Recording, paint: Paint): Promise<readonly Offer[]> {
  const cause = causeOf(recording);
  const chosen = choose(line, offers);
  if (!cause || chosen.length === 0) {
    say(offers.length === 0 ? 'nothing is offered: Enter looks again' : `there is no such offer: they are numbered 1 to ${offers.length}`);
    return offers;
  }
  const taken = recording.steps().flatMap(({ as, mark }) => [as, mark].filter((name): name is string => typeof name === 'string'));
  const name = freeName(`after-${cause.step.name ?? cause.step.verb}`, taken);
  await carryOut(expectationOf(chosen, cause, name), recording, paint);
  return offers;
}

function choose(line: string, offers: readonly Offer[]): readonly Offer[] {
  const words = line
    .replace(/^expect/, '')
    .trim()
    .split(/[\s,]+/);
  if (words[0] === 'all') return offers;
  const numbers = words.flatMap((word) => {
    const [from = 0, to = from] = word.split('-').map(Number);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
  });
  return offers.filter((_, index) => numbers.includes(index + 1));
}
