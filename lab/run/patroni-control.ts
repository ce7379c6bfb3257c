/** Tells Patroni to do things, over its REST API from outside the hosts. */
import { poll } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import { LabError } from '../core/problem.ts';
import type { Docker } from '../engine/connect.ts';
import { endpointOf, type Host, type Lab } from '../engine/lab.ts';
import { engineTime, readLog } from '../engine/log-stream.ts';
import { askHttp, type HttpAnswer } from '../observe/http.ts';
import { askPatroni } from '../observe/patroni.ts';
import { ports } from '../topology/places.ts';

/** A restart waits for PostgreSQL; everything else is answered at once, ms. */
const patience = 120_000;

/** For PostgreSQL to start: it may have to recover first. */
const startPatience = seconds(60);

/** Throws LabError where Patroni does not answer. */
async function send(lab: Lab, host: Host, method: 'POST' | 'PATCH', path: string, body: unknown): Promise<HttpAnswer> {
  const endpoint = endpointOf(host, ports.patroni);
  if (!endpoint) throw new LabError(`host ${host.name} runs no Patroni`);
  const auth = `patroni:${lab.spec.secrets.restapi}`;
  return askHttp(endpoint, { method, path, body, auth, timeout: patience }).catch((cause: unknown) => {
    throw new LabError(`Patroni on ${host.name} does not answer ${method} ${path}`, { cause });
  });
}

function accepted(host: Host, what: string, { status, text }: HttpAnswer): void {
  if (status < 300) return;
  // Python's page for an error says no more than its number. There is no configuration yet while a cluster is bootstrapped.
  const said = text.trimStart().startsWith('<') ? '' : `: ${text.trim()}`;
  const hint = status === 503 && what.endsWith(' /config') ? 'wait until Patroni logs "initialized a new cluster"' : undefined;
  throw new LabError(`Patroni on ${host.name} answers ${status} to ${what}${said}`, hint === undefined ? {} : { hint });
}

/** Sends what Patroni lets nobody do without its password. Throws LabError where it does not answer, or refuses. */
export async function tellPatroni(lab: Lab, host: Host, method: 'POST' | 'PATCH', path: string, body: unknown): Promise<HttpAnswer> {
  const answer = await send(lab, host, method, path, body);
  accepted(host, `${method} ${path}`, answer);
  return answer;
}

/**
 * What Patroni logs once it has read its file, after a reload that it only promises: it takes it up at its next loop
 * (patroni/daemon.py, run; postgresql/config.py, reload_config).
 */
const hasReloaded =
  /Reloading PostgreSQL configuration|No local configuration items changed|Skipping PostgreSQL configuration update while in custom bootstrap|Failed to reload config_file/;

/** Two of the slowest profile's loops. */
const reloadPatience = seconds(25);

/** Has Patroni read its file, and waits until it has. False where it does not get to it. `now`: engine's time, ms. */
export async function reloadPatroni(docker: Docker, lab: Lab, host: Host, now: number, signal: AbortSignal): Promise<boolean> {
  await tellPatroni(lab, host, 'POST', '/reload', {});
  const late = AbortSignal.any([signal, AbortSignal.timeout(reloadPatience)]);
  for await (const { text } of readLog(docker, host.container, { follow: true, since: engineTime(now), signal: late }))
    if (hasReloaded.test(text)) return true;
  signal.throwIfAborted();
  return false;
}

/** Restarts PostgreSQL in place; a leader stays one. What Patroni has under way, such as a start, it finishes first. */
export async function restartPostgres(lab: Lab, host: Host): Promise<void> {
  const { last } = await poll(
    () => send(lab, host, 'POST', '/restart', {}),
    ({ status, text }) => status !== 503 || !/in progress/.test(text),
    { within: startPatience },
  );
  if (last) accepted(host, 'POST /restart', last);
}

/** Waits until Patroni says that its PostgreSQL runs, as after a restart of either. False where it does not get there. */
export async function postgresRuns(host: Host, signal: AbortSignal): Promise<boolean> {
  const { met } = await poll(
    () => askPatroni(endpointOf(host, ports.patroni)),
    (answer) => answer !== undefined && ['running', 'streaming', 'in archive recovery'].includes(answer.state),
    { within: startPatience, signal },
  );
  return met;
}
