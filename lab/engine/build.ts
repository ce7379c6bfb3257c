/** One build on the engine: from a context to an image's id, its output line by line, nothing left behind when it fails. */

import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import type Docker from 'dockerode';
import { poll } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import { lineCutter } from '../core/line-cutter.ts';
import { LabError } from '../core/problem.ts';
import { statusOf } from './connect.ts';
import { mirrorProblem } from './mirror.ts';
import { packRecipe } from './recipe.ts';

export interface BuildRequest {
  /** For messages: `patroni (forky)`. */
  readonly image: string;
  readonly args: Readonly<Record<string, string>>;
  readonly tag?: string;
  /** Runs every step anew, cached or not. */
  readonly anew?: boolean;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

interface BuildMessage {
  readonly stream?: string;
  readonly error?: string;
  readonly aux?: { readonly ID?: string };
}

/** Builds with the classic builder and returns the image's id. Throws LabError with the last lines, or the signal's reason. */
export async function build(docker: Docker, context: Readable, request: BuildRequest): Promise<string> {
  const lines: string[] = [];
  let id: string | undefined;
  let step: string | undefined;
  const cut = lineCutter();
  const read = (line: string) => {
    const made = /^ ---> ([0-9a-f]{12})$/.exec(line);
    if (made) step = made[1];
    if (line.trim() === '') return;
    lines.push(line);
    request.onLine?.(line);
  };
  try {
    const output = await docker.buildImage(context, {
      ...(request.tag === undefined ? {} : { t: request.tag }),
      buildargs: { ...request.args, ...proxyArgs() },
      rm: true,
      forcerm: true,
      nocache: request.anew ?? false,
      ...(request.signal ? { abortSignal: request.signal } : {}),
    });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        output,
        (error) => (error ? reject(error) : resolve()),
        (message: BuildMessage) => {
          id = message.aux?.ID ?? id;
          // The engine passes on what a step printed in whatever pieces it read, each that came from stderr wrapped in a colour of its own.
          for (const line of cut(stripVTControlCharacters(message.stream ?? '').replaceAll('\r', '\n'))) read(line);
          if (message.error) reject(new Error(message.error));
        },
      );
    });
    if (id === undefined) throw new Error('the engine named no image at the end of the build');
    return id;
  } catch (error) {
    // The engine ends the step it is at before it notices that nobody listens any more.
    if (request.signal?.aborted) await delay(500);
    if (step !== undefined) await removeStep(docker, step);
    if (request.signal?.aborted) throw request.signal.reason;
    const unreachable = mirrorProblem(lines);
    if (unreachable) throw unreachable;
    throw new LabError(`building the image ${request.image} failed: ${error instanceof Error ? error.message : String(error)}`, {
      detail: lines.slice(-12),
      cause: error,
    });
  }
}

/** Puts labels on an image: the versions that a build found are known only after it. */
export async function label(docker: Docker, id: string, labels: Readonly<Record<string, string>>, request: BuildRequest): Promise<string> {
  const instructions = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value).replaceAll('$', '\\$')}`);
  const dockerfile = `FROM ${id}\nLABEL ${instructions.join(' ')}\n`;
  return build(docker, packRecipe([{ path: 'Dockerfile', mode: 0o644, content: Buffer.from(dockerfile) }]), request);
}

/** A tag as it was given: Podman tells it with the registry that a short name stands for, known by a dot or a colon in its name. */
export function givenTag(tag: string): string {
  return tag.replace(/^(?:localhost|[^/]*[.:][^/]*)\//, '');
}

/** Removes what a build came to: its last step that was heard of, or the one it made after that. */
async function removeStep(docker: Docker, step: string): Promise<void> {
  const unnamed = await docker.listImages({ filters: { dangling: ['true'] } });
  const next = unnamed.find((image) => image.ParentId.startsWith(`sha256:${step}`));
  await poll(() => removeUntagged(docker, next?.Id ?? step), Boolean, { within: seconds(5) });
}

/**
 * Removes an image that nothing names, uses or builds on; with it go its parents of which the same is true. False where
 * something still uses it.
 */
export async function removeUntagged(docker: Docker, id: string): Promise<boolean> {
  try {
    const image = docker.getImage(id);
    // Removing by id takes an image's only tag away too.
    if ((await image.inspect()).RepoTags?.length) return true;
    await image.remove();
    return true;
  } catch (error) {
    return statusOf(error) === 404;
  }
}

/** The machine's proxy settings; the classic builder takes these names without an ARG and keeps them out of the image. */
function proxyArgs(): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
