/** A running lab's timeline in the browser: serves the page on this machine alone, and sends it events as they come. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Event } from '../core/event.ts';
import { isShown, renderLivePage } from '../report/html.ts';
import { pageAssets } from './timeline.ts';

export interface WatchPage {
  readonly address: string;
  readonly take: (event: Event) => void;
  /** Ends every open page's stream; what they show stays there. */
  readonly close: () => void;
}

/** Events kept for whoever opens the page later. Beyond that the oldest tenth goes, but never the first, which names the hosts. */
const most = 200_000;

/** `redact` takes passwords out of whatever is sent. */
export async function openWatchPage(lab: string, redact: (text: string) => string): Promise<WatchPage> {
  const messages: string[] = [];
  const readers = new Set<ServerResponse>();
  const page = renderLivePage(lab, '/events', pageAssets());

  function answer(request: IncomingMessage, response: ServerResponse): void {
    // A name that leads here is not enough: another site's page could have its own name point at this machine.
    const host = request.headers.host?.replace(/:\d+$/, '');
    if (host !== '127.0.0.1' && host !== 'localhost') return void response.writeHead(403).end();
    if (request.method !== 'GET') return void response.writeHead(405).end();
    if (request.url === '/') return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    if (request.url !== '/events') return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(messages.join(''));
    readers.add(response);
    response.on('close', () => readers.delete(response));
  }

  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    take: (event) => {
      if (!isShown(event)) return;
      const message = `data: ${redact(JSON.stringify(event))}\n\n`;
      messages.push(message);
      if (messages.length > most) messages.splice(1, most / 10);
      for (const reader of readers) reader.write(message);
    },
    close: () => {
      for (const reader of readers) reader.end();
      server.close();
      server.closeAllConnections();
    },
  };
}
