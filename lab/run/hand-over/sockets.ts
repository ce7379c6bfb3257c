/**
 * Where the recorders of this machine's labs are found: each listens on a socket of its own, in a folder that is this user's alone.
 * Not in the project's folder: its path may be longer than a socket's can be (108 bytes on Linux, unix(7)), and the lab is the
 * machine's, not a checkout's.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { LabError } from '../../core/problem.ts';

const folder = () => join(tmpdir(), `pglab-${userInfo().uid}`);

/** A name that no other recorder has or will have, so that whoever finds it without a listener may remove it. */
export function newSocket(labId: string): string {
  mkdirSync(folder(), { recursive: true, mode: 0o700 });
  if (!isOurs())
    throw new LabError(`${folder()} is not this user's alone, so commands in other terminals cannot find the recorder there`, {
      hint: 'remove it, or set TMPDIR in every terminal',
    });
  return join(folder(), `${labId}.${process.pid}.${Date.now().toString(36)}`);
}

function isOurs(): boolean {
  const { uid, mode } = lstatSync(folder());
  return uid === userInfo().uid && (mode & 0o077) === 0;
}

/** A connection to the lab's recorder; undefined where none listens. What a killed one left behind is removed. */
export async function findRecorder(labId: string): Promise<Socket | undefined> {
  for (const name of socketsOf(labId)) {
    const path = join(folder(), name);
    const found = await reach(path);
    if (found === 'nobody') rmSync(path, { force: true });
    else if (found) return found;
  }
  return undefined;
}

function socketsOf(labId: string): readonly string[] {
  try {
    return isOurs() ? readdirSync(folder()).filter((name) => name.startsWith(`${labId}.`)) : [];
  } catch {
    return [];
  }
}

/** `nobody`: the socket is there, and who listened on it is not. Undefined where it is gone by now. */
function reach(path: string): Promise<Socket | 'nobody' | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'nobody' : undefined));
  });
}
