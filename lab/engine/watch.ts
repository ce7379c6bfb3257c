/** What the engine says of a lab's hosts while they live, and the last words of one that died. */
import type Docker from 'dockerode';
import { lineCutter } from '../core/line-cutter.ts';
import { LabError } from '../core/problem.ts';
import { statusOf } from './connect.ts';
import { type Host, isBeingRemoved, type Lab } from './lab.ts';
import { labelKeys } from './labels.ts';
import { lastTexts } from './log-stream.ts';

export interface HostChange {
  readonly host: string;
  /** `kill`: it is sent a signal. */
  readonly change: 'start' | 'kill' | 'die' | 'pause' | 'unpause' | 'destroy';
  /** Engine's time, ms. */
  readonly at: number;
  readonly signal?: number;
  /** Exit code of a container that died. */
  readonly exit?: number;
}

interface EngineEvent {
  readonly Action: HostChange['change'] | 'remove';
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}

/** The last two are `die` and `destroy` to Podman, which tells of a `died` as `die` and of a `remove` as itself. */
const wanted = ['start', 'kill', 'die', 'pause', 'unpause', 'destroy', 'died', 'remove'];

/** Yields what happens to a lab's hosts from `since` (Unix seconds) on, until the signal aborts. */
export async function* hostChanges(docker: Docker, labId: string, signal: AbortSignal, since?: number): AsyncGenerator<HostChange> {
  const stream = await docker.getEvents({
    abortSignal: signal,
    filters: { type: ['container'], event: wanted, label: [`${labelKeys.lab}=${labId}`] },
    ...(since === undefined ? {} : { since }),
  } as Docker.GetEventsOptions);
  const cut = lineCutter();
  try {
    for await (const chunk of stream) {
      for (const line of cut(chunk.toString())) {
        const event = JSON.parse(line) as EngineEvent;
        const attributes = event.Actor.Attributes;
        const host = attributes[labelKeys.host];
        // A helper, which goes into a host's network for a moment.
        if (!host) continue;
        yield {
          host,
          change: event.Action === 'remove' ? 'destroy' : event.Action,
          at: event.timeNano / 1e6,
          ...(attributes.signal === undefined ? {} : { signal: Number(attributes.signal) }),
          ...(attributes.exitCode === undefined ? {} : { exit: Number(attributes.exitCode) }),
        };
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Rejects with the name, exit code and last log lines of the first host that dies; resolves when the signal aborts. */
export async function watchDeaths(docker: Docker, lab: Lab, signal: AbortSignal): Promise<void> {
  for await (const { host, change, exit } of hostChanges(docker, lab.id, signal, Math.floor(lab.created / 1000))) {
    if (change === 'die') throw await death(docker, lab, host, exit);
  }
}

/** The same for a host that is dead or gone already: what failed because of it is seldom as telling. */
export async function deathIn(docker: Docker, lab: Lab): Promise<LabError | undefined> {
  const states = await Promise.all(lab.hosts.map(async (host) => ({ host, state: await stateOf(docker, host) })));
  const gone = states.filter(({ state }) => state === undefined);
  if (gone.length > 0) return removal(gone.map(({ host }) => host.name));
  const dead = states.find(({ state }) => state?.Status === 'exited' || state?.Status === 'dead');
  return dead && (await death(docker, lab, dead.host.name, dead.state?.ExitCode));
}

async function stateOf(docker: Docker, host: Host): Promise<Docker.ContainerInspectInfo['State'] | undefined> {
  try {
    return (await docker.getContainer(host.container).inspect()).State;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function removal(hosts: readonly string[]): LabError {
  return new LabError(`somebody removed ${hosts.join(', ')} while the lab came up`, { hint: 'a lab:down of the same name does that' });
}

async function death(docker: Docker, lab: Lab, name: string, exit: number | undefined): Promise<LabError> {
  const host = lab.hosts.find((each) => each.name === name);
  if (host && (await isBeingRemoved(docker, host))) return removal([name]);
  // A host that was removed takes its log along.
  const words = host ? await lastLines(docker, host).catch(() => []) : [];
  const detail = words.length > 0 ? words : [`${name} had printed nothing by then`];
  return new LabError(`host ${name} died while the lab came up (exit code ${exit})`, { detail });
}

/** The last lines of a host's log, and before them the last errors, each with the host's name before it. */
export async function lastLines(docker: Docker, host: Host): Promise<string[]> {
  const texts = (await lastTexts(docker, host.container, 500)).filter((text) => text.trim() !== '');
  // A program that is started over and over says what is wrong between many lines that say nothing.
  const errors = texts.slice(0, -10).filter((text) => /\b(ERROR|FATAL|PANIC|CRITICAL)\b/.test(text));
  // One that comes again and again, with another time before it.
  const distinct = new Map(errors.map((text) => [text.replace(/^.*?\b(?=ERROR|FATAL|PANIC|CRITICAL)/, ''), text]));
  return [...[...distinct.values()].slice(-3), ...texts.slice(-10)].map((text) => `${host.name}  ${text}`);
}
