/**
 * A pool of labs that are healthy and frozen: they cost memory and no CPU, and thaw in less than a second. What is handed out is of
 * today's golden lab and was seen healthy after the thaw; everything else is removed, and said.
 */
import { randomBytes } from 'node:crypto';
import { poll } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import { claim } from '../engine/claim.ts';
import { clockOffset } from '../engine/clock.ts';
import type { Docker } from '../engine/connect.ts';
import { findLab, freezeHosts, type Host, hostNamed, type Lab, listLabs, removeLab, renameLab, thawHosts } from '../engine/lab.ts';
import { isAlive, type PoolLabel, poolPrefix } from '../engine/labels.ts';
import { engineTime, readLog } from '../engine/log-stream.ts';
import type { ClusterStanding } from '../engine/snapshot-labels.ts';
import { lookAtCluster } from '../observe/cluster.ts';
import type { LabSpec } from '../topology/overlay.ts';
import { type BringUp, bringUp } from './bring-up.ts';
import { type Origin, type OriginOptions, originOf } from './golden.ts';

/** After a thaw Patroni's leader has long lost its lease's time, and takes it again at once or never. */
const thawPatience = seconds(8);

/** Labs that wait in the pool, the oldest first. */
export async function pooledLabs(docker: Docker): Promise<Lab[]> {
  return (await listLabs(docker)).filter(({ purpose }) => purpose === 'pool').sort((a, b) => a.created - b.created);
}

async function poolFor(docker: Docker, spec: string): Promise<Lab[]> {
  return (await pooledLabs(docker)).filter((lab) => lab.spec.pool?.spec === spec);
}

/** A lab from the pool where one fits, else one brought up; `refill`: what the pool is to be filled up with again. */
export async function startFrom(
  docker: Docker,
  { blueprint, spec, ...origin }: Origin,
  options: Omit<BringUp, keyof Origin | 'down' | 'standing'>,
): Promise<{ readonly lab: Lab; readonly refill?: PoolLabel }> {
  const { forkOf } = origin;
  const pooled = forkOf === undefined ? [] : await pooledLabs(docker);
  let refill: PoolLabel | undefined;
  for (const stale of pooled.filter((lab) => isFrozen(lab) && lab.spec.forkOf !== forkOf && lab.spec.pool?.spec === JSON.stringify(spec))) {
    refill = stale.spec.pool;
    await discard(docker, stale, 'its recipe or configuration has changed since', options.report);
  }
  // Whatever it was asked for by: what was made of one golden lab is one kind.
  for (const waiting of pooled.filter((lab) => lab.spec.forkOf === forkOf && lab.bind === options.bind)) {
    options.signal?.throwIfAborted();
    refill = waiting.spec.pool;
    const taken = await take(docker, waiting, options, origin.standing ?? {});
    if (taken) return { lab: taken, ...(refill ? { refill } : {}) };
  }
  const lab = await bringUp(docker, blueprint, { ...origin, ...options });
  return { lab, ...(refill ? { refill } : {}) };
}

/** Undefined where another process took it, and where it was sick: then it is gone. */
async function take(
  docker: Docker,
  waiting: Lab,
  { name, purpose, report }: Pick<BringUp, 'name' | 'purpose' | 'report'>,
  stood: ClusterStanding,
): Promise<Lab | undefined> {
  if (!isFrozen(waiting)) return isAlive(waiting.owner) ? undefined : discard(docker, waiting, 'it was left half-made', report);
  report(`thawing ${waiting.name}`);
  if (!(await renameLab(docker, waiting, name))) return undefined;
  // Containers are known by their names, which have changed.
  const lab = await findLab(docker, name);
  try {
    const thawed = performance.timeOrigin + performance.now() + (await clockOffset(docker));
    await thawHosts(docker, lab.hosts);
    // A person need not wait for what only a judge would take amiss.
    const quiet = purpose === 'replay' ? loopAgain(docker, lab, stood, thawed) : true;
    const [stands, looped] = await Promise.all([standsAsBefore(lab, stood), quiet]);
    if (stands && looped) return lab;
  } catch {
    // Somebody killed a host of it while it was frozen.
  }
  return discard(docker, waiting, 'it was not healthy after the thaw', report);
}

function isFrozen(lab: Lab): boolean {
  return lab.hosts.every(({ state }) => state === 'paused');
}

async function discard(docker: Docker, lab: Lab, why: string, report: (phase: string) => void): Promise<undefined> {
  report(`removing ${lab.name} from the pool: ${why}`);
  await removeLab(docker, lab.id);
}

async function standsAsBefore(lab: Lab, stood: ClusterStanding): Promise<boolean> {
  const clusters = lab.spec.clusters.filter(({ name }) => stood[name] !== undefined);
  const { met } = await poll(
    () => Promise.all(clusters.map((cluster) => lookAtCluster(lab, cluster))),
    (looks) =>
      looks.every(({ cluster, leader, members, timeline }) => {
        const before = stood[cluster];
        // Only Patroni says a timeline: a leader without one has no Patroni that answers.
        if (!before || timeline === undefined || leader !== before.leader) return false;
        return before.streaming.every((name) => members[name]?.state === 'streaming' && members[name]?.timeline === timeline);
      }),
    { within: thawPatience, intervals: [50] },
  );
  return met;
}

/**
 * Whether every Patroni has been through its loop twice since the thaw (engine's time, ms). The first time it finds that it is far
 * behind ("Loop time exceeded"), which at any later time would be a sign of a starved machine.
 */
async function loopAgain(docker: Docker, lab: Lab, stood: ClusterStanding, thawed: number): Promise<boolean> {
  const names = Object.values(stood).flatMap(({ leader, streaming }) => [leader, ...streaming]);
  const signal = AbortSignal.timeout(thawPatience);
  const twice = async (host: Host) => {
    let loops = 0;
    for await (const { text } of readLog(docker, host.container, { follow: true, since: engineTime(thawed), signal }))
      if (/no action\. I am/.test(text) && ++loops === 2) return true;
    return false;
  };
  return (await Promise.all(names.map((name) => twice(hostNamed(lab, name))))).every(Boolean);
}

/** Fills the pool up to `keep` labs of one kind, one after the other, and takes away the others of that kind. */
export async function fillPool(docker: Docker, spec: LabSpec, keep: number, options: OriginOptions): Promise<void> {
  const { bind, signal, onPhase } = options;
  const own = JSON.stringify(spec);
  const release = await claim(`pool ${own}`, signal, (pid) => onPhase(`waiting for process ${pid}, which fills the pool`));
  try {
    const { blueprint, spec: _, ...origin } = await originOf(docker, spec, options);
    const there = await poolFor(docker, own);
    const sound = there.filter((lab) => isFrozen(lab) && lab.spec.forkOf === origin.forkOf);
    const kept = sound.filter((lab) => lab.spec.pool?.keep === keep).slice(0, keep);
    for (const lab of there.filter((each) => !kept.includes(each)))
      await discard(docker, lab, sound.includes(lab) ? `it is to keep ${keep}` : 'it is stale or not whole', onPhase);
    for (let n = kept.length; n < keep; n += 1) {
      const name = `${poolPrefix}${randomBytes(4).toString('hex')}`;
      const report = (phase: string) => onPhase(`${name}: ${phase}`);
      const pool = { keep, spec: own };
      const lab = await bringUp(docker, blueprint, { ...origin, name, purpose: 'pool', pool, bind, signal, report, keep: false });
      try {
        await freezeHosts(docker, lab.hosts);
      } catch (error) {
        await removeLab(docker, lab.id);
        throw error;
      }
      onPhase(`${name} is frozen`);
    }
  } finally {
    await release();
  }
}
