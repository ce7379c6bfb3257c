/**
 * The prompt of `pglab record`: a step that is typed is carried out, and what it brought about is offered as an expectation. What
 * somebody does to the lab in another terminal, or to its hosts from outside, is shown here as it happens, and is a step as well.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseDuration } from '../core/duration.ts';
import { shorten } from '../core/shorten.ts';
import { expectationOf, type Offer } from '../report/offers.ts';
import type { Visitor } from '../run/hand-over/listen.ts';
import type { Begun, CarriedOut, Recording, Refused } from '../run/recording.ts';
import { type Deed, deedWords } from '../scenario/deed.ts';
import { handedStep } from '../scenario/handed-step.ts';
import { freeName, renderStep } from '../scenario/recorded-scenario.ts';
import { type RawStep, readTypedStep, typedForms } from '../scenario/typed-step.ts';
import { runsProgram } from '../scenario/verbs/verbs.ts';
import { type Paint, paintFor } from './paint.ts';
import { showProgress } from './progress.ts';
import type { Prompt } from './prompt.ts';
import { describeCommands, describeLab } from './prompt-answers.ts';
import { causeOf, lookAgain, rest } from './record-offers.ts';
import { showResult } from './show-result.ts';

const commands: readonly (readonly [string, string])[] = [
  [typedForms.slice(0, 2).join(', '), 'a step: it is carried out, and recorded'],
  ['pgbackrest backup --type=full &', 'a program in the background: the next step can begin at once'],
  ['{ kill: leader, as: death }', 'a step as in a scenario file, with its modifiers; an expect too'],
  ['Enter, wait 20s', 'see what the last step has brought about by now'],
  ['since backup', 'see what the step of that name has brought about'],
  ['wait backup', 'wait for the end of the step of that name'],
  ['expect 1 3-5, expect all', 'make what is offered an expectation'],
  ['steps', 'what is recorded so far'],
  ['status', 'how the cluster is'],
  ['done', 'write the scenario'],
  ['quit', 'end without writing it'],
  ...typedForms.slice(2).map((form) => [form, ''] as const),
];

/** What was offered last, and the id of the step that brought it about. */
interface Offered {
  readonly since?: string;
  readonly offers: readonly Offer[];
}

/** Somebody at a recorder's prompt. */
export class RecordPrompt {
  readonly #recording: Recording;
  readonly #prompt: Prompt;
  readonly #paint: Paint;
  /** What was done elsewhere, and there is no step for. */
  readonly unrecorded: string[] = [];
  #offered: Offered = { offers: [] };
  /** Aborts when nobody is there any more who would be told what a step brings about. */
  readonly #leaving = new AbortController();
  readonly #signal: AbortSignal;
  readonly #followed = new Set<Promise<void>>();

  readonly #gone: AbortSignal;

  /** `gone` aborts when there is no lab any more. */
  constructor(recording: Recording, prompt: Prompt, gone: AbortSignal) {
    this.#gone = gone;
    this.#recording = recording;
    this.#prompt = prompt;
    this.#paint = paintFor(process.stdout);
    this.#signal = AbortSignal.any([recording.run.signal, this.#leaving.signal]);
  }

  /** Until `done`, the end of the input, or that of the lab; false for `quit`. */
  async talk(): Promise<boolean> {
    try {
      for (;;) {
        const line = await this.#prompt.ask('record> ');
        if (line === 'quit') return false;
        if (line === undefined || line === 'done') return true;
        await this.#answer(line);
      }
    } catch (error) {
      if (!this.#gone.aborted) throw error;
      this.#say(`${this.#paint.yellow('!')} somebody removed the lab: what was recorded by then is written`);
      return true;
    }
  }

  /** Waits for what still runs, in the background or in another terminal. */
  async settle(): Promise<void> {
    this.#leaving.abort();
    const running = this.#recording.running();
    const all = Promise.all([this.#recording.settled(), ...this.#followed]);
    await (running.length === 0 ? all : busy(`waiting for ${running.join(', ')}`, all));
  }

  async #answer(line: string): Promise<void> {
    const [word, name] = line.split(/\s+/);
    if (line === '') await this.#look();
    else if (line === 'help' || line === '?') this.#say(describeCommands(commands, this.#paint));
    else if (line === 'steps') this.#say(this.#recording.steps().map(renderStep).join('\n') || 'nothing yet');
    else if (line === 'status') this.#say(await describeLab(this.#recording.run, this.#paint));
    else if (word === 'since') await this.#since(name);
    else if (word === 'wait') await this.#wait(name);
    else if (/^expect +(all|\d)/.test(line)) await this.#expectOffers(line);
    else await this.#typedStep(line);
  }

  #say(text: string): void {
    this.#prompt.say(text);
  }

  async #look(since?: string): Promise<void> {
    const { cause, offers, text } = await lookAgain(this.#recording, this.#paint, since);
    this.#offered = { offers, ...(cause ? { since: cause.step.id } : {}) };
    this.#say(text);
  }

  async #typedStep(line: string): Promise<void> {
    const behind = /^(?<words>.*\S)\s+&$/.exec(line)?.groups?.words;
    const typed = readTypedStep(behind ?? line);
    if (!typed.ok) return this.#say(`${typed.message}\n  ${typed.hint}; help lists what can be typed`);
    if (behind !== undefined || typed.step.background === true) {
      const begun = this.#begun(await this.#recording.begin({ ...typed.step, background: true }));
      if (!begun) return;
      this.#say(this.#paint.dim(renderStep(begun.raw)));
      this.#follow(begun);
      return;
    }
    const done = await this.#carryOut(typed.step);
    if (!done) return;
    this.#offered = { offers: [] };
    if ('expect' in done || 'mark' in done || ('workload' in done && done.workload !== 'stop')) return;
    if (await busy('waiting for the cluster to come to rest', rest(this.#recording, this.#signal))) await this.#look();
    else this.#sayLater(String(done.as));
  }

  #begun<T extends object>(outcome: T | Refused): T | undefined {
    if (!('problems' in outcome)) return outcome;
    for (const { message, hint } of outcome.problems) this.#say(`${this.#paint.red(message)}${hint === undefined ? '' : `\n  ${hint}`}`);
    return undefined;
  }

  /** The step as it was recorded; undefined where it was not carried out. */
  async #carryOut(step: RawStep): Promise<RawStep | undefined> {
    const done = this.#begun(await busy(renderStep(step).split('\n')[0] ?? '', this.#recording.carryOut(step)));
    if (!done) return undefined;
    if (!('expect' in step)) this.#say(showResult(done.result, this.#paint));
    this.#tellOf(done);
    return done.raw;
  }

  /** `again`: what a replay makes of what speaks against the step. */
  #tellOf({ raw, join, findings }: CarriedOut, again = 'a replay will find the same'): void {
    for (const step of [raw, ...(join ? [join] : [])]) this.#say(this.#paint.dim(renderStep(step)));
    for (const { message } of findings)
      this.#say(`${this.#paint.red('✗')} ${message}\n  ${again}; take the step out of the file if it is not meant`);
  }

  #follow(begun: Begun): void {
    const following = this.#tellOfEnd(begun).catch((error) => {
      if (!this.#signal.aborted) this.#say(this.#paint.red(error instanceof Error ? error.message : String(error)));
    });
    this.#followed.add(following);
    void following.finally(() => this.#followed.delete(following));
  }

  /** Tells of a step that ends while somebody types, and offers what it brought about, unless another has begun by then. */
  async #tellOfEnd({ ended, step }: Begun): Promise<void> {
    const done = await ended;
    const { exit = 0, outcome, reason } = done.result;
    const how = exit === 0 || outcome !== 'done' ? '' : this.#paint.red(` with exit code ${exit}`);
    const isProgram = runsProgram(step.verb);
    this.#say(isProgram || outcome !== 'done' ? `${step.name ?? step.title} ended${how}:` : `${reason}:`);
    this.#tellOf(done, isProgram ? undefined : 'a replay goes on only where that is proven');
    if (this.#signal.aborted) return;
    const isLast = this.#recording.cause()?.step.id === step.id;
    if (isLast && (await rest(this.#recording, this.#signal))) await this.#look();
    else if (step.name !== undefined) this.#sayLater(step.name);
  }

  /** Another step has begun: what this one brings about is not offered by itself. */
  #sayLater(name: string): void {
    this.#say(this.#paint.dim(`since ${name} shows what it has brought about`));
  }

  /** Takes down what somebody does in another terminal. */
  async admit(visitor: Visitor): Promise<void> {
    const { command } = visitor;
    const words = [command.verb, ...(command.verb === 'snapshot' ? [] : [command.on]), ...command.argv].join(' ');
    const title = shorten(words, 100).replace(/\p{Cc}/gu, ' ');
    const refuse = (why: string) => {
      this.unrecorded.push(title);
      visitor.refuse(why);
      this.#say(`${this.#paint.yellow('!')} from another terminal, not recorded: ${title}\n  ${why}`);
    };
    const typed = handedStep(command);
    if (!typed.ok) return refuse(typed.why);
    const slow = setTimeout(() => visitor.wait(), 1000);
    const begun = await this.#recording.begin(typed.step, {
      wanted: () => {
        clearTimeout(slow);
        return !visitor.gone();
      },
      run: async (onOutput) => {
        this.#say(this.#paint.bold(`from another terminal: ${title}`));
        const { input, ...result } = await visitor.run(onOutput);
        const final = handedStep(command, input);
        if (!final.ok) throw new Error(final.why);
        return { ...result, step: final.step };
      },
    });
    if (!('problems' in begun)) this.#follow(begun);
    else if (!visitor.gone()) refuse(begun.problems.map(({ message }) => message).join('; '));
  }

  /** Takes down what somebody does to a host with the engine's own client. `exit`: how a host ended. */
  async witness(deed: Deed, exit: Promise<number>): Promise<void> {
    // Hosts of a lab that is removed go one by one.
    if (deed.kind === 'remove') await delay(1000, undefined, { signal: this.#signal }).catch(() => {});
    if (this.#gone.aborted || this.#recording.isOurs(deed)) return;
    const words = deedWords(deed);
    this.#say(this.#paint.bold(`from outside: ${words}`));
    const begun = await this.#recording.witness(deed, exit);
    if (!('problems' in begun)) return this.#follow(begun);
    this.unrecorded.push(words);
    this.#say(`${this.#paint.yellow('!')} not recorded: ${begun.problems.map(({ message }) => message).join('; ')}`);
  }

  async #since(name: string | undefined): Promise<void> {
    if (name !== undefined && causeOf(this.#recording, name)) return this.#look(name);
    this.#say(name === undefined ? 'since which step? such as since backup' : `no step is named ${name}; steps lists them`);
  }

  async #wait(what: string | undefined): Promise<void> {
    const named = this.#recording.steps().some(({ as }) => as !== undefined && as === what);
    if (named) return busy(`waiting for ${what}`, this.#recording.settled(what));
    let time: number;
    try {
      time = parseDuration(what ?? '');
    } catch {
      return this.#say(`neither a duration nor a step’s name: ${JSON.stringify(what ?? '')}; such as wait 20s, wait backup`);
    }
    await delay(time, undefined, { signal: this.#recording.run.signal });
    await this.#look();
  }

  async #expectOffers(line: string): Promise<void> {
    const { offers, since } = this.#offered;
    const cause = causeOf(this.#recording, since);
    const chosen = choose(line, offers);
    if (!cause || chosen.length === 0)
      return this.#say(
        offers.length === 0 ? 'nothing is offered: Enter looks again' : `there is no such offer: they are numbered 1 to ${offers.length}`,
      );
    const taken = this.#recording.steps().flatMap(({ as, mark }) => [as, mark].filter((name): name is string => typeof name === 'string'));
    const name = freeName(`after-${cause.step.name ?? cause.step.verb}`, taken);
    await this.#carryOut(expectationOf(chosen, cause, name));
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
