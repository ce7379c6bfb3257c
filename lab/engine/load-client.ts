/** Loads dockerode in a quarter of its time: what it brings along for ssh and BuildKit sessions is never used here. */
import { createRequire, Module } from 'node:module';
import type Docker from 'dockerode';

/** Modules that load ssh2, gRPC and protobuf: 0.2 s of every command, and the lab speaks neither (see `endpoints.ts`). */
const unused = ['dockerode/lib/session', 'docker-modem/lib/ssh'];

let loaded: typeof Docker | undefined;

export function loadClient(): typeof Docker {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  for (const name of unused) leaveOut(require, name);
  loaded = require('dockerode') as typeof Docker;
  return loaded;
}

/** Where another version has no such file, or has loaded it already, dockerode is loaded whole. */
function leaveOut(require: NodeJS.Require, name: string): void {
  try {
    // docker-modem is dockerode's own, wherever npm put it.
    const path = createRequire(require.resolve('dockerode')).resolve(name);
    if (require.cache[path]) return;
    const stub = new Module(path);
    stub.filename = path;
    stub.loaded = true;
    stub.exports = () => {
      throw new Error(`${name} is left out (lab/engine/load-client.ts)`);
    };
    require.cache[path] = stub;
  } catch {
    // Slower, not wrong.
  }
}
