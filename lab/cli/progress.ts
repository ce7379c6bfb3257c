/** Says on stderr what is being done: a live line with a clock on a terminal, plain lines with elapsed times in a pipe. */
import { paintFor } from './paint.ts';

export interface Progress {
  /** Ends the phase before it, which is `done` unless said otherwise. */
  readonly phase: (text: string, before?: 'done' | 'failed') => void;
  /** What the phase is at: shown on a terminal only, until the next one. */
  readonly at: (text: string) => void;
  /** A line that stays, in between. */
  readonly note: (text: string) => void;
  readonly warn: (text: string) => void;
  /** Ends the last phase; `failed` marks it so. */
  readonly end: (outcome: 'done' | 'failed') => void;
}

/** `lines`: never a live line, on a terminal either. */
export function showProgress(output: NodeJS.WriteStream, style: 'live' | 'lines' = 'live'): Progress {
  return output.isTTY && style === 'live' ? liveProgress(output) : plainProgress(output);
}

function plainProgress(output: NodeJS.WriteStream): Progress {
  const started = performance.now();
  const say = (text: string) => output.write(`${secondsSince(started).padStart(7)}  ${text}\n`);
  return { phase: (text) => say(text), at: () => {}, note: (text) => say(text), warn: (text) => say(`warning: ${text}`), end: () => {} };
}

/** Enough for every phase there is. */
const phaseWidth = 44;

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

function liveProgress(output: NodeJS.WriteStream): Progress {
  const paint = paintFor(output);
  let current: { readonly text: string; readonly started: number; detail: string } | undefined;
  let frame = 0;
  const row = (sign: string, text: string, since: number) =>
    `  ${sign} ${text.padEnd(phaseWidth)} ${paint.dim(secondsSince(since).padStart(7))}`;
  const draw = () => {
    if (!current) return;
    frame = (frame + 1) % frames.length;
    const head = row(paint.cyan(frames[frame] ?? ''), current.text, current.started);
    // A line that wraps could not be taken back.
    const room = Math.max(0, (output.columns ?? 80) - Math.max(phaseWidth, current.text.length) - 16);
    const detail = current.detail === '' ? '' : `  ${paint.dim(current.detail.slice(0, room))}`;
    output.write(`\r\x1b[2K${head}${detail}`);
  };
  const clock = setInterval(draw, 100);
  clock.unref();
  const settle = (outcome: 'done' | 'failed') => {
    if (!current) return;
    output.write(`\r\x1b[2K${row(outcome === 'done' ? paint.green('✓') : paint.red('✗'), current.text, current.started)}\n`);
    current = undefined;
  };
  const line = (text: string) => {
    output.write(`\r\x1b[2K${text}\n`);
    draw();
  };
  return {
    phase: (text, before = 'done') => {
      settle(before);
      current = { text, started: performance.now(), detail: '' };
      draw();
    },
    at: (text) => {
      if (current) current.detail = text.replace(/\p{Cc}/gu, ' ').trim();
    },
    note: (text) => line(`  ${text}`),
    warn: (text) => line(`  ${paint.yellow('!')} ${text}`),
    end: (outcome) => {
      clearInterval(clock);
      settle(outcome);
    },
  };
}

function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
