/**
 * Lets the labs of many replays begin when this machine has room for them. A bring-up keeps two cores busy, a lab that waits for a
 * TTL next to nothing: so bring-ups take turns, however many labs are up, and each begins once there is CPU and memory to spare. A lab that
 * began regardless would make all of them slower, until none gets its CPU in time.
 * Turns are the machine's, not the process's: several commands and a test runner's workers share them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { claim } from '../engine/claim.ts';
import type { Docker } from '../engine/connect.ts';
import { listLabs } from '../engine/lab.ts';
import { isAlive, thisOwner } from '../engine/labels.ts';
import { availableMemory, busySeconds, cores } from '../engine/machine.ts';

/** A lab of seven hosts takes 350 MB when idle; a backup and a restore side by side double that. Bytes. */
const labMemory = 1e9;

/** Share of all cores that may be busy just before another lab begins. */
const mostBusy = 0.7;

/** Over how long that share is measured, ms. */
const glance = 500;

/** Somebody else's load may last for ever: after this, ms, a lab begins all the same where no other replay's is up, which ends. */
const patience = 20_000;

/** Longer than it takes to look whether there is room, ms. */
const soon = 3000;

/**
 * Waits for a turn and for room; resolves to what ends the turn, once the lab is up or will not be. `onWait` is called where that is not
 * soon, of the lab that is next alone. Throws the signal's reason.
 */
export type Admit = (signal: AbortSignal, onWait: () => void) => Promise<() => Promise<void>>;

/** For a lab that has the machine to itself. */
export const atOnce: Admit = async () => async () => {};

/** Whoever asks first begins first; other processes' labs come in between. */
export function createAdmission(docker: Docker): Admit {
  let last: Promise<unknown> = Promise.resolve();
  return (signal, onWait) => {
    const turn = last.then(() => takeTurn(docker, signal, onWait));
    last = turn.catch(() => undefined);
    return turn;
  };
}

async function takeTurn(docker: Docker, signal: AbortSignal, onWait: () => void): Promise<() => Promise<void>> {
  const waiting = setTimeout(onWait, soon);
  try {
    return await takeTurnAndRoom(docker, signal);
  } finally {
    clearTimeout(waiting);
  }
}

async function takeTurnAndRoom(docker: Docker, signal: AbortSignal): Promise<() => Promise<void>> {
  const turns = Math.max(1, Math.floor(cores() / 2));
  const endTurn = await claim(`bring-up ${Math.floor(Math.random() * turns)}`, signal, () => {});
  try {
    const since = performance.now();
    while (!(await hasRoom(signal)) && (performance.now() - since < patience || (await replaysAreUp(docker))));
  } catch (error) {
    await endTurn();
    throw error;
  }
  return endTurn;
}

/** Of this machine: where another shares the engine, nobody here can tell whether its replays still run. */
async function replaysAreUp(docker: Docker): Promise<boolean> {
  const { machine } = thisOwner();
  return (await listLabs(docker)).some(({ purpose, owner }) => purpose === 'replay' && owner.machine === machine && isAlive(owner));
}

async function hasRoom(signal: AbortSignal): Promise<boolean> {
  const [before, started] = [busySeconds(), performance.now()];
  await delay(glance, undefined, { signal });
  const after = busySeconds();
  const busy = before === undefined || after === undefined ? 0 : (after - before) / ((performance.now() - started) / 1000) / cores();
  return busy <= mostBusy && (availableMemory() ?? labMemory) >= labMemory;
}
