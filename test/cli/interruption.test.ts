/** What is one press and what is a second one, in a time of its own. */
import { beforeEach, expect, test, vi } from 'vitest';
import { watchInterruptions } from '../../lab/cli/interruption.ts';

let now = 0;
/** What a signal brings about. */
const handlers = new Map<string | symbol, () => void>();
const said: string[] = [];

beforeEach(() => {
  now = 1000;
  handlers.clear();
  said.length = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(process, 'on').mockImplementation((name: string | symbol, handler: () => void) => {
    handlers.set(name, handler);
    return process;
  });
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'on').mockReturnThis();
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  return () => vi.restoreAllMocks();
});

const press = (signal = 'SIGINT') => handlers.get(signal)?.();

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s ends a command that has nothing to put in order', (signal) => {
  const session = watchInterruptions();
  expect(() => press(signal)).toThrow('exit 130');
  expect(session.signal.aborted).toBe(false);
  expect(said).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s interrupts one that has', (signal) => {
  const session = watchInterruptions();
  session.takeOver('left as it is');
  press(signal);
  expect(session.signal.aborted).toBe(true);
  expect(session.signal.reason).toMatchObject({ name: 'AbortError' });
});

test('what comes within half a second of the first belongs to it, however often; the next is a second press', () => {
  watchInterruptions().takeOver('left as it is');
  press();
  for (const at of [0, 100, 499, 500]) {
    now = 1000 + at;
    press(at === 100 ? 'SIGTERM' : 'SIGINT');
  }
  expect(said).toEqual([]);
  now = 1501;
  expect(() => press()).toThrow('exit 130');
  expect(said).toEqual(['\nleft as it is\n']);
});
