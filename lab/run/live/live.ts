/** What the parts of a live watch share, and how each of them goes on. */
import type { LogEvent } from '../../core/event.ts';
import type { Docker } from '../../engine/connect.ts';
import type { Host, Lab } from '../../engine/lab.ts';
import type { HostName } from '../../topology/blueprint.ts';
import type { History } from '../history.ts';
import type { HostStreams } from '../host-streams.ts';
import { Pause } from './pause.ts';

export interface Live {
  readonly docker: Docker;
  readonly lab: Lab;
  readonly history: History;
  readonly streams: HostStreams;
  /** Ends the watching. */
  readonly signal: AbortSignal;
  readonly onLog: (listener: (event: LogEvent & { readonly at: number }) => void) => void;
}

/** Looks, and waits for as many ms as the look says, until the watching ends. */
export async function repeat({ signal }: Live, pause: Pause, look: () => Promise<number>): Promise<void> {
  while (!signal.aborted) await pause.of(await look(), signal);
}

/** A pause that whatever is logged cuts short, but for what Patroni says every `loop_wait` where nothing happens. */
export function pauseUntilLogged({ onLog }: Live): Pause {
  const pause = new Pause();
  onLog(({ text }) => {
    if (!text.startsWith('no action. ')) pause.cutShort();
  });
  return pause;
}

export function isRunning({ streams }: Live, host: HostName): boolean {
  return streams.stateOf(host) === 'running';
}

/** The first of these hosts that runs. */
export function firstRunning(live: Live, names: readonly (HostName | undefined)[]): Host | undefined {
  const name = names.find((each) => each !== undefined && isRunning(live, each));
  return live.lab.hosts.find((host) => host.name === name);
}
