/** The live view of a lab on a terminal: its status, and below it the last lines that matter. */
import type { ReadStream, WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import type { Event, LogEvent } from '../core/event.ts';
import { isNoteworthy } from '../observe/noteworthy.ts';
import type { LabStatus } from '../observe/status.ts';
import { describeStanding, describeStatus } from './describe-status.ts';
import { openFullScreen } from './full-screen.ts';
import { type Paint, paintFor, paintHost, paintLevel } from './paint.ts';
import type { Watcher } from './watcher.ts';

/** A log entry; `times`: as often it was said, one after the other, in other numbers at most. */
export type Line = LogEvent & { readonly at: number; readonly times?: number };

/** As many lines as the tallest terminal shows. */
const mostLines = 200;
/** Events within so long (ms) are drawn at once. */
const gathering = 50;

/** `onQuit` is called when somebody presses q. */
export function openWatchView(first: LabStatus, output: WriteStream, input: ReadStream, onQuit: () => void): Watcher {
  const paint = paintFor(output);
  let status = first;
  let lines: readonly Line[] = [];
  let offset = 0;
  let soon: NodeJS.Timeout | undefined;
  const draw = () => {
    soon = undefined;
    screen.draw(watchFrame(status, lines, screen.size(), paint, Date.now() + offset));
  };
  const drawSoon = () => {
    soon ??= setTimeout(draw, gathering);
  };
  const onKey = (key: string) => {
    if (key === 'q' || key === 'Q') onQuit();
    // A terminal that passes on every key makes no signal of Ctrl-C.
    if (key === '\x03') process.kill(process.pid, 'SIGINT');
  };
  const screen = openFullScreen(output, input, { onKey, onResize: drawSoon });
  // What was long ago is longer ago every second.
  const clock = setInterval(draw, 1000);
  draw();
  return {
    take: (event: Event, after) => {
      if (event.type === 'run-started') offset = event.offset;
      if (event.type === 'log' && isNoteworthy(event)) lines = withLine(lines, event);
      else if (after === status) return;
      status = after;
      drawSoon();
    },
    close: () => {
      clearInterval(clock);
      clearTimeout(soon);
      screen.close();
    },
  };
}

/** In the order of their times; somebody who repeats himself takes one line. */
export function withLine(lines: readonly Line[], line: Line): readonly Line[] {
  const at = lines.findLastIndex((each) => each.at <= line.at);
  const before = lines[at];
  const isAgain = before?.host === line.host && before.program === line.program && gist(before.text) === gist(line.text);
  const joined = isAgain ? [{ ...line, times: (before.times ?? 1) + 1 }] : before ? [before, line] : [line];
  return [...lines.slice(0, Math.max(0, at)), ...joined, ...lines.slice(at + 1)].slice(-mostLines);
}

function gist(text: string): string {
  return text.replace(/[\da-f]*\d[\da-f]*/g, '');
}

/** The view's lines from the top; as many log lines as there is room for. `now`: Unix ms by the engine's clock. */
export function watchFrame(
  status: LabStatus,
  lines: readonly Line[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
  paint: Paint,
  now: number,
): string[] {
  const title = `${status.name}  ${status.preset}, ${describeStanding(status, now)}`;
  const clock = `${new Date(now).toISOString().slice(11, 19)} UTC, q quits`;
  const gap = Math.max(2, columns - 1 - title.length - clock.length);
  const head = `${paint.bold(status.name)}${title.slice(status.name.length)}${' '.repeat(gap)}${paint.dim(clock)}`;
  const top = [head, '', ...describeStatus(status, paint, now), ''];
  const room = Math.max(0, rows - top.length);
  const hosts = status.hosts.map(({ name }) => name);
  const width = Math.max(...hosts.map((name) => name.length));
  const log = room === 0 ? [] : lines.slice(-room);
  return [...top, ...log.map((line) => describeLine(line, hosts, { host: width, whole: columns - 1 }, paint))];
}

/** Where a log line's words begin: its program's name is as wide as the longest. */
const programWidth = 'pgbackrest'.length;

function describeLine(
  { at, host, program, level, text, times }: Line,
  hosts: readonly string[],
  width: { readonly host: number; readonly whole: number },
  paint: Paint,
): string {
  const time = new Date(at).toISOString().slice(11, 19);
  const often = times === undefined ? '' : `${times} times: `;
  const head = `${paint.dim(time)} ${paintHost(paint, hosts, host)(host.padEnd(width.host))} ${paint.dim(program.padEnd(programWidth))} ${paint.dim(often)}`;
  // A log line can hold anything, the terminal's own commands included.
  const words = (text.split('\n')[0] ?? '').replace(/\p{Cc}/gu, ' ');
  const room = width.whole - stripVTControlCharacters(head).length;
  return `${head}${paintLevel(paint, level)(words.length > room ? `${words.slice(0, Math.max(0, room - 1))}…` : words)}`;
}
