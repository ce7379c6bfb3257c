/** Where Debian's packages come from, and how to tell that it cannot be reached. */
import { exitCodes, LabError } from '../core/problem.ts';

const defaultMirror = 'http://deb.debian.org/debian';

/** The mirror's URL without a trailing slash; PGLAB_DEBIAN_MIRROR names another. Throws LabError where that is not an http(s) URL. */
export function debianMirror(env: NodeJS.ProcessEnv = process.env): string {
  const mirror = env.PGLAB_DEBIAN_MIRROR || defaultMirror;
  if (!/^https?:\/\/[^\s/]+/.test(mirror)) {
    throw new LabError(`PGLAB_DEBIAN_MIRROR is not an http or https URL: ${mirror}`, {
      hint: `unset it, or write it like ${defaultMirror}`,
      exitCode: exitCodes.usage,
    });
  }
  return mirror.replace(/\/+$/, '');
}

/** What apt prints when a mirror does not answer, or does not have what a mirror has. */
const unreachable = [
  /Failed to fetch (?<url>https?:\/\/\S+)\s*(?<why>.*)/,
  /(?<why>Could not resolve '[^']+')/,
  /(?<why>(?:Could not|Unable to|Cannot) connect to \S+.*)/i,
  /The repository '(?<url>https?:\/\/\S+)[^']*' (?<why>does not have a Release file)/,
];

/** The error to show where apt's output says that a mirror failed it; undefined where it says something else. */
export function mirrorProblem(lines: readonly string[]): LabError | undefined {
  for (const pattern of unreachable) {
    for (const line of lines) {
      const match = pattern.exec(line);
      if (!match) continue;
      const url = match.groups?.url ?? debianMirror();
      return new LabError(`cannot get packages from the Debian mirror: ${url}`, {
        detail: [...new Set(lines.filter((text) => /^\s*(?:E|W|Err)[: ]/.test(text)).map((text) => text.trim()))].slice(-6),
        hint: 'check the network, set http_proxy if there is a proxy, or set PGLAB_DEBIAN_MIRROR to a mirror that this machine reaches',
      });
    }
  }
  return undefined;
}
