/** Answers and connections that are given up in time: nobody answers for a host that is gone. */
import type { Socket } from 'node:net';

/** Ends a socket, with an error, where it is not connected within `patience` ms. */
export function promptly(socket: Socket, patience: number): Socket {
  if (!socket.pending) return socket;
  const cancel = afterAwake(patience, () => {
    if (socket.pending) socket.destroy(new Error(`no connection within ${patience} ms`));
  });
  return socket.once('connect', cancel).once('close', cancel);
}

/** How much of a stall counts as time that passed, ms. */
const slice = 100;

/**
 * Calls `act` after `ms` of which this process was awake: where it, or the whole machine, gets no CPU, that says nothing of the other side.
 * Returns what cancels it.
 */
export function afterAwake(ms: number, act: () => void): () => void {
  let left = ms;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const next = Math.min(left, slice);
    left -= next;
    // What has arrived meanwhile is seen first.
    timer = setTimeout(() => (left > 0 ? wait() : setImmediate(() => !cancelled && act())), next);
  };
  let cancelled = false;
  wait();
  return () => {
    cancelled = true;
    clearTimeout(timer);
  };
}
