/**
 * Makes the machine ready: a Docker engine that answers, and the images of a release train. Does nothing that is done
 * already.
 */
import { parseArgs } from 'node:util';
import { makeImages, showImages } from '../lab/cli/image-progress.ts';
import { showProgress } from '../lab/cli/progress.ts';
import { exitCodes, LabError, UsageError } from '../lab/core/problem.ts';
import type { Docker } from '../lab/engine/connect.ts';
import { findEngine, isLocal, ping, searchEngine, thisMachine } from '../lab/engine/connect.ts';
import { hostImages } from '../lab/engine/images.ts';
import { readTrains, trainNamed } from '../lab/engine/trains.ts';
import { originOf } from '../lab/run/golden.ts';

const usage = `Usage: npm run setup [-- OPTIONS]

Makes this machine ready for the lab: finds a Docker engine (installs and starts the distribution's on Debian and
Ubuntu where none answers), builds the images, and brings the default lab up once to keep it as a golden lab, which
lab:up forks. A second run does nothing.

  --train NAME  images of another release train of images/versions.yaml; may be given several times
  --all         images of all trains
  --refresh     builds them anew, with the packages that the mirror has now
  --debug       stack traces

Environment: PGLAB_DEBIAN_MIRROR, a Debian mirror to use instead of http://deb.debian.org/debian; http_proxy.
`;

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  let first = 0;
  process.on(name, () => {
    // npm and the terminal may both deliver one Ctrl-C.
    if (first === 0) first = performance.now();
    else if (performance.now() - first > 500) process.exit(exitCodes.interrupted);
    interruption.abort(new LabError('interrupted', { exitCode: exitCodes.interrupted }));
  });
}

await main().catch(fail);

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const known = readTrains();
  const trains = options.all ? Object.keys(known.trains) : (options.train ?? [known.default]);
  const specs = trains.flatMap((train) => hostImages(trainNamed(train).name));
  const docker = await engine();
  const images = await makeImages(docker, specs, process.stdout, { refresh: options.refresh ?? false, signal: interruption.signal });
  say(`images: ${[...images.values()].join(', ')}`);
  if (isLocal(docker) && trains.includes(known.default)) await makeDefaultLab(docker);
  say('ready; next: npm run lab:up');
}

/** What `lab:up` forks, so that already the first one is there in seconds. */
async function makeDefaultLab(docker: Docker): Promise<void> {
  const progress = showProgress(process.stdout);
  try {
    const { forkOf } = await originOf(
      docker,
      { ready: 'backup' },
      { golden: 'make', bind: '127.0.0.1', signal: interruption.signal, onImages: showImages(progress), onPhase: progress.phase },
    );
    progress.end('done');
    say(`golden lab: ${forkOf}`);
  } catch (error) {
    progress.end('failed');
    throw error;
  }
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        train: { type: 'string', multiple: true },
        all: { type: 'boolean' },
        refresh: { type: 'boolean' },
        debug: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '', { hint: 'npm run setup -- --help' });
  }
}

async function engine(): Promise<Docker> {
  const docker = await findEngine().catch(async (error: unknown) => {
    const search = await searchEngine(thisMachine(), ping);
    // An engine that was named, or that is there and refuses, is not helped by another one.
    if ('attempts' in search && (search.choice || search.attempts.some(({ denied }) => denied))) throw error;
    const { startEngine } = await import('./start-engine.ts');
    say('no Docker engine answers');
    await startEngine(ping, say, interruption.signal);
    return findEngine();
  });
  const { Version } = await docker.version();
  say(`engine: ${Version}`);
  return docker;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function fail(error: unknown): Promise<void> {
  const [{ describeError }, { paintFor }] = await Promise.all([import('../lab/cli/print-error.ts'), import('../lab/cli/paint.ts')]);
  const { text, exitCode } = describeError(error, { paint: paintFor(process.stderr), debug: process.argv.includes('--debug') });
  process.stderr.write(text);
  process.exitCode = exitCode;
}
