/** A lab, and steps carried out on it by hand: one effect at a time, without a scenario around it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandResult, runCommand } from '../../lab/engine/commands.ts';
import { ensureImages, imageKey } from '../../lab/engine/images.ts';
import { endpointOf, type Host, hostNamed, type Lab, removeLab } from '../../lab/engine/lab.ts';
import { askPatroni, type PatroniAnswer } from '../../lab/observe/patroni.ts';
import { ActiveFaults } from '../../lab/run/active-faults.ts';
import { bringUp } from '../../lab/run/bring-up.ts';
import { draftLab } from '../../lab/run/draft-lab.ts';
import type { Done, StepContext } from '../../lab/run/effects/effect.ts';
import { effects } from '../../lab/run/effects/effects.ts';
import { followHosts } from '../../lab/run/host-streams.ts';
import { findProcesses, readProcesses } from '../../lab/run/processes.ts';
import { Recorder } from '../../lab/run/recorder.ts';
import type { ProcessName } from '../../lab/scenario/targets.ts';
import type { VerbName } from '../../lab/scenario/verbs/verbs.ts';
import { verbs } from '../../lab/scenario/verbs/verbs.ts';
import type { LabSpec } from '../../lab/topology/overlay.ts';
import { docker, until } from './pglab.ts';

export interface FaultLab {
  readonly lab: Lab;
  readonly host: (name: string) => Host;
  /** Carries out one step, its arguments as a scenario would write them. Hosts are named, one or several with commas. */
  /** Waits until as many others are there instead of those that a crash step says are gone: until then the postmaster may not know. Then `healthy`. */
  readonly cameBack: (name: string, process: ProcessName, crashed: Done) => Promise<void>;
  readonly does: (verb: Exclude<VerbName, 'expect' | 'recipe' | 'workload' | 'mark'>, args: unknown, name?: string) => Promise<Done>;
  readonly sh: (name: string, script: string, user?: 'postgres' | 'root') => Promise<CommandResult>;
  readonly patroni: (name: string) => ReturnType<typeof askPatroni>;
  /** Waits for one leader and everybody else streaming: until what a fault left behind is forgotten. */
  readonly healthy: () => Promise<void>;
  /** Waits until every member answers and one of them says that it leads. */
  readonly leader: () => Promise<string>;
  /** Two members that do not lead, in order. */
  readonly replicas: () => Promise<[string, string]>;
  readonly remove: () => Promise<void>;
}

export async function faultLab(name: string, spec: LabSpec): Promise<FaultLab> {
  const blueprint = await draftLab(spec);
  const tags = await ensureImages(
    docker,
    blueprint.hosts.map(({ image }) => image),
  );
  const images = Object.fromEntries(blueprint.hosts.map(({ name: host, image }) => [host, tags.get(imageKey(image)) ?? '']));
  const lab = await bringUp(docker, blueprint, {
    name,
    purpose: 'replay',
    images,
    bind: '127.0.0.1',
    report: () => undefined,
    keep: false,
  });
  const folder = await mkdtemp(join(tmpdir(), 'pglab-faults-'));
  const files = { history: join(folder, 'history.jsonl'), ledger: join(folder, 'ledger.jsonl') };
  const recorder = new Recorder(files, 0, (text) => text, { feed: () => undefined, feedRow: () => undefined });
  const streams = followHosts(docker, lab, recorder, (error) => console.error(error));
  const faults = new ActiveFaults();
  const host = (wanted: string) => hostNamed(lab, wanted);
  const members = lab.hosts.flatMap(({ kind, name: member }) => (kind === 'patroni' ? [member] : []));
  const patroni = (member: string) => askPatroni(endpointOf(host(member), 8008));
  /** The one that leads, once all have answered: whoever is only late may be the leader. */
  const leaderWhere = async (holds: (answers: readonly PatroniAnswer[]) => boolean): Promise<string> => {
    let leading: string | undefined;
    await until(async () => {
      const answers = (await Promise.all(members.map(patroni))).filter((answer) => answer !== undefined);
      const leaders = members.filter((_, index) => answers[index]?.role === 'leader');
      leading = answers.length === members.length && leaders.length === 1 && holds(answers) ? leaders[0] : undefined;
      return leading !== undefined;
    }, 60_000);
    return leading ?? '';
  };
  const leader = () => leaderWhere(() => true);
  const healthyLeader = () =>
    leaderWhere((answers) => answers.every(({ role, state }) => state === (role === 'leader' ? 'running' : 'streaming')));
  let steps = 0;
  return {
    lab,
    host,
    sh: (on, script, user = 'postgres') => runCommand(docker, host(on).container, { user, argv: ['bash', '-c', script] }),
    patroni,
    healthy: async () => void (await healthyLeader()),
    leader,
    replicas: async () => {
      const leading = await healthyLeader();
      return members.filter((member) => member !== leading) as [string, string];
    },
    cameBack: async (name, process, { reason = '' }) => {
      const gone = (/\(pid ([\d, ]+)\)/.exec(reason)?.[1] ?? '').split(', ').map(Number);
      await until(async () => {
        // Throws where there is none yet.
        const now = await readProcesses(docker, host(name))
          .then((table) => findProcesses(table, process, name))
          .catch(() => []);
        return now.length >= gone.length && now.every(({ pid }) => !gone.includes(pid));
      }, 60_000);
      await healthyLeader();
    },
    does: async (verb, args, as) => {
      steps += 1;
      const step = `s${steps}`;
      const ctx = {
        docker,
        lab,
        recorder,
        streams,
        faults,
        step,
        name: as ?? step,
        signal: new AbortController().signal,
        hosts: (selector: string) => selector.split(/, */).map(host),
      } as unknown as StepContext;
      return (effects[verb].run as (ctx: StepContext, args: unknown) => Promise<Done>)(ctx, verbs[verb].schema.parse(args));
    },
    remove: async () => {
      await streams.stop();
      await recorder.close();
      await removeLab(docker, lab.id);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
