/** Connections that are given up in time: nobody answers for a host that is gone. */
import type { Socket } from 'node:net';

/** Ends a socket, with an error, where it is not connected within `patience` ms. */
export function promptly(socket: Socket, patience: number): Socket {
  if (!socket.pending) return socket;
  const giveUp = () => {
    if (socket.pending) socket.destroy(new Error(`no connection within ${patience} ms`));
  };
  // What has arrived meanwhile is seen first: where this process gets no CPU, it is this process that is late.
  const timer = setTimeout(() => setImmediate(giveUp), patience);
  return socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}
