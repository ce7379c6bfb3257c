/** What a command in one terminal and a recorder in another say to each other, over real sockets. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listen, type Visitor } from '../../lab/run/hand-over/listen.ts';
import { send } from '../../lab/run/hand-over/messages.ts';
import { findRecorder, newSocket } from '../../lab/run/hand-over/sockets.ts';
import { tellRecorder } from '../../lab/run/hand-over/tell-recorder.ts';
import type { Handed } from '../../lab/scenario/handed-step.ts';

const aLab = () => `test${randomBytes(6).toString('hex')}`;
const exec = (...argv: string[]): Handed => ({ verb: 'exec', on: 'pg1', argv, root: false, terminal: false });
const silent = (text: string) => expect.unreachable(text);

/** A recorder that keeps its visitors. */
async function recorder(lab: string) {
  const visitors: Visitor[] = [];
  const reception = await listen(lab, (visitor) => visitors.push(visitor));
  onTestFinished(() => reception.dismiss());
  const visitor = (of: number) => vi.waitFor(() => visitors[of] ?? expect.unreachable('nobody came'));
  return { reception, visitor };
}

test('without a recorder there is nobody to tell', async () => {
  expect(await tellRecorder(aLab(), exec('ls'), silent)).toBeUndefined();
});

test('a recorder hears of a command, what it read and printed, and how it ended', async () => {
  const lab = aLab();
  const { visitor } = await recorder(lab);
  const telling = tellRecorder(lab, exec('cat'), silent);
  const { command, run } = await visitor(0);
  expect(command).toEqual(exec('cat'));
  const heard: string[] = [];
  const running = run((stream, text) => heard.push(`${stream}: ${text}`));
  const told = await telling;
  told?.passes('stdin', Buffer.from('é\u2028').subarray(0, 1));
  told?.passes('stdin', Buffer.from('é\u2028').subarray(1));
  told?.passes('stdout', Buffer.from('one\ntwo\n'));
  told?.passes('stderr', Buffer.from('oh'));
  await told?.end(3, false);
  expect(await running).toEqual({ exit: 3, stdout: 'one\ntwo\n', stderr: 'oh', input: 'é\u2028' });
  expect(heard).toEqual(['stdout: one\ntwo\n', 'stderr: oh']);
});

test('of two at once the second waits until it is let in, and says so', async () => {
  const lab = aLab();
  const { visitor } = await recorder(lab);
  const said: string[] = [];
  const first = tellRecorder(lab, exec('first'), silent);
  const one = await visitor(0);
  const second = tellRecorder(lab, exec('second'), (text) => said.push(text));
  const two = await visitor(1);
  two.wait();
  const running = [one.run(() => {})];
  await (await first)?.end(0, false);
  await vi.waitFor(() => expect(said).toEqual([expect.stringContaining('waiting for the recorder')]));
  running.push(two.run(() => {}));
  await (await second)?.end(0, false);
  expect((await Promise.all(running)).map(({ exit }) => exit)).toEqual([0, 0]);
});

test('a command for which there is no step runs all the same, and its user is told why', async () => {
  const lab = aLab();
  const { visitor } = await recorder(lab);
  const said: string[] = [];
  const telling = tellRecorder(lab, exec('bash'), (text) => said.push(text));
  (await visitor(0)).refuse('no step');
  expect(await telling).toBeUndefined();
  expect(said).toEqual(['lab:record: not recorded: no step']);
});

test('a recorder that ends meanwhile leaves the command alone', async () => {
  const lab = aLab();
  const { reception, visitor } = await recorder(lab);
  const said: string[] = [];
  const telling = tellRecorder(lab, exec('sleep', '10'), (text) => said.push(text));
  const running = (await visitor(0)).run(() => {});
  const told = await telling;
  reception.dismiss();
  await expect(running).rejects.toThrow('its terminal was closed before it ended');
  told?.passes('stdout', Buffer.from('more'));
  await told?.end(0, false);
  expect(said).toEqual(['lab:record: not recorded: the recorder ended meanwhile']);
  expect(await tellRecorder(lab, exec('ls'), silent)).toBeUndefined();
});

test('what a killed recorder left behind is removed, and nobody is bothered with it', async () => {
  const lab = aLab();
  const path = newSocket(lab);
  const killed = execa('node', ['-e', `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`], {
    reject: false,
  });
  await new Promise((resolve) => killed.stdout?.once('data', resolve));
  killed.kill('SIGKILL');
  await killed;
  expect(existsSync(path)).toBe(true);
  expect(await tellRecorder(lab, exec('ls'), silent)).toBeUndefined();
  expect(existsSync(path)).toBe(false);
});

test('one recorder a lab', async () => {
  const lab = aLab();
  await recorder(lab);
  await expect(listen(lab, () => {})).rejects.toThrow('somebody records on this lab already');
});

test('somebody who is gone before it is his turn is not waited for', async () => {
  const lab = aLab();
  const { visitor } = await recorder(lab);
  const socket = await findRecorder(lab);
  if (!socket) return expect.unreachable();
  send(socket, { say: 'begin', command: exec('ls') });
  const { gone, run } = await visitor(0);
  expect(gone()).toBe(false);
  socket.destroy();
  await vi.waitFor(() => expect(gone()).toBe(true));
  await expect(run(() => {})).rejects.toThrow('its terminal was closed before it ended');
});

test('a command that somebody interrupted did not come to an end of its own', async () => {
  const lab = aLab();
  const { visitor } = await recorder(lab);
  const telling = tellRecorder(lab, exec('sleep', '10'), silent);
  const running = (await visitor(0)).run(() => {});
  const failing = expect(running).rejects.toThrow('somebody interrupted it');
  await (await telling)?.end(130, true);
  await failing;
});
