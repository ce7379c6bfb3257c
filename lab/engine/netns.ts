/**
 * Changes a host's network from a short-lived helper beside it, so that hosts themselves never hold NET_ADMIN. A helper is
 * labelled as the lab's and removes itself; what it did to the network lasts until the host stops.
 */
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { LabError } from '../core/problem.ts';
import type { CommandResult } from './commands.ts';
import { type Host, isPodman, type Lab } from './lab.ts';
import { thisOwner, writeLabels } from './labels.ts';

/** Runs a shell script as root in the network of a running host, and nowhere else of it. Throws LabError where the host is not running. */
export async function runInNetworkOf(docker: Docker, lab: Lab, host: Host, script: string): Promise<CommandResult> {
  const helper = await createHelper(docker, lab, host, script);
  try {
    const stream = await helper.attach({ stream: true, stdout: true, stderr: true });
    const ended = new Promise<void>((resolve, reject) => {
      stream.once('end', resolve).once('close', resolve).once('error', reject);
    });
    const output = { stdout: '', stderr: '' };
    const sinks = { stdout: new PassThrough(), stderr: new PassThrough() };
    for (const name of ['stdout', 'stderr'] as const) {
      sinks[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    docker.modem.demuxStream(stream, sinks.stdout, sinks.stderr);
    // Asked before the start: a helper is gone as soon as it has ended, and on Podman its exit code with it.
    const condition = (await isPodman(docker)) ? 'next-exit' : 'removed';
    const exit = helper.wait({ condition }) as Promise<{ StatusCode: number }>;
    exit.catch(() => undefined);
    await helper.start();
    const [{ StatusCode }] = await Promise.all([exit, ended]);
    await Promise.all(Object.values(sinks).map((sink) => new Promise((resolve) => sink.once('end', resolve).end())));
    return { exit: StatusCode, ...output };
  } catch (error) {
    await helper.remove({ force: true }).catch(() => undefined);
    throw new LabError(`the network of ${host.name} cannot be changed`, { cause: error });
  }
}

/**
 * Of the host's own image: it has the tools (images/base), and is on the engine for certain, whatever became of the recipes since
 * the lab was made.
 */
async function createHelper(docker: Docker, lab: Lab, host: Host, script: string): Promise<Docker.Container> {
  const { id, spec } = lab;
  return docker.createContainer({
    Image: host.image,
    Entrypoint: ['sh', '-c', script],
    Cmd: [],
    // No host's name: nobody may take the helper's end for that of its host.
    Labels: writeLabels({ lab: id, host: '', kind: host.kind, purpose: 'helper', owner: thisOwner(), ports: {}, spec }),
    HostConfig: {
      NetworkMode: `container:${host.container}`,
      CapDrop: ['ALL'],
      CapAdd: ['NET_ADMIN', 'NET_RAW'],
      AutoRemove: true,
      LogConfig: { Type: 'none', Config: {} },
    },
  });
}
