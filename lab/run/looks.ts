/** Answers the judge's questions about a lab and records the answers. A question that nobody answers is an answer too: unknown. */

import type { ClusterLook, LookAnswer } from '../core/event.ts';
import { Newest } from '../core/newest.ts';
import { LabError } from '../core/problem.ts';
import type { Docker } from '../engine/connect.ts';
import { endpointOf, type Host, type Lab } from '../engine/lab.ts';
import { lookAtCluster } from '../observe/cluster.ts';
import { lookAtDcs } from '../observe/etcd.ts';
import { lookAtFiles } from '../observe/files.ts';
import { lookAtLedger } from '../observe/ledger.ts';
import { openSession, type Row, serverOf, sqlstateOf } from '../observe/postgres.ts';
import { lookAtRepository } from '../observe/repository.ts';
import { lookAtSettings } from '../observe/settings.ts';
import type { ClusterSpec } from '../topology/blueprint.ts';
import { clusterKey, type LookRequest, settingsKey } from '../verdict/look-request.ts';
import type { Recorder } from './recorder.ts';

export class Observer {
  readonly #docker: Docker;
  readonly #lab: Lab;
  readonly #recorder: Recorder;
  readonly #isDown: (host: string) => boolean;
  readonly #latest = new Newest<ClusterLook>();
  #inFlight: Promise<unknown> | undefined;

  /** `isDown`: hosts that the engine says stand still or are stopped. */
  constructor(docker: Docker, lab: Lab, recorder: Recorder, isDown: (host: string) => boolean) {
    this.#docker = docker;
    this.#lab = lab;
    this.#recorder = recorder;
    this.#isDown = isDown;
  }

  /** The last look at each cluster. */
  get latest(): Readonly<Record<string, ClusterLook>> {
    return this.#latest.all();
  }

  /** A new look at every cluster. */
  async lookAtClusters(): Promise<Readonly<Record<string, ClusterLook>>> {
    await Promise.all(
      this.#lab.spec.clusters.map((cluster) => this.look({ key: clusterKey(cluster.name), kind: 'cluster', cluster: cluster.name })),
    );
    return this.latest;
  }

  /** What is in effect on every member that is up. The others are left alone: asking one that starts makes it log a refusal. */
  async lookAtSettings(): Promise<void> {
    const members = Object.values(await this.lookAtClusters()).flatMap((look) =>
      Object.entries(look.members).flatMap(([host, { state }]) => (state === 'running' || state === 'streaming' ? [host] : [])),
    );
    await Promise.all(members.map((host) => this.look({ key: settingsKey(host), kind: 'settings', host })));
  }

  /** For the record made once a second: nothing where one is still under way. */
  background(): void {
    this.#inFlight ??= this.lookAtClusters().finally(() => {
      this.#inFlight = undefined;
    });
  }

  /** Waits for a background look under way. */
  async settle(): Promise<void> {
    await this.#inFlight;
  }

  /** `began`: of looks that are made side by side, one moment for all. */
  async look(question: LookRequest, began = this.#recorder.now()): Promise<void> {
    let answer: LookAnswer | { unknown: string };
    try {
      answer = await this.#answer(question);
      if (answer.kind === 'cluster') this.#latest.take(answer.cluster, began, answer);
    } catch (error) {
      answer = { unknown: error instanceof Error ? error.message : String(error) };
    }
    this.#recorder.recordLook(question.key, answer, began);
  }

  #answer(question: LookRequest): Promise<LookAnswer> {
    switch (question.kind) {
      case 'cluster':
        return lookAtCluster(this.#lab, this.#cluster(question.cluster), this.#isDown);
      case 'ledger':
        return lookAtLedger(serverOf(this.#lab, this.#host(question.host)), question.host);
      case 'repo':
        return this.#repository(question.stanza, question.segments);
      case 'sql':
        return askSql(this.#lab, this.#host(question.host), question.run);
      case 'file':
        return lookAtFiles(this.#docker, this.#host(question.host).container, question.host, question.path, question.text);
      case 'dcs':
        return this.#dcs(question.keys);
      case 'settings':
        return lookAtSettings(serverOf(this.#lab, this.#host(question.host)), question.host);
    }
  }

  async #repository(stanza: string | undefined, segments: readonly string[]): Promise<LookAnswer> {
    const main = this.#cluster('main');
    const of = this.#lab.spec.clusters.find((cluster) => cluster.stanza === stanza) ?? main;
    const host = this.#host(of.repo ?? this.#latest.get(of.name)?.leader ?? of.members[0] ?? '');
    return lookAtRepository(this.#docker, host.container, stanza ?? main.stanza, segments);
  }

  /** Any etcd host that answers: a key is the same on all of them. */
  #dcs(keys: readonly string[]): Promise<LookAnswer> {
    const main = this.#cluster('main');
    const endpoints = this.#lab.hosts.flatMap((host) => (host.kind === 'etcd' ? (endpointOf(host, 2379) ?? []) : []));
    return Promise.any(endpoints.map((endpoint) => lookAtDcs(endpoint, `${main.namespace}${main.scope}/`, keys))).catch(
      (error: AggregateError) => {
        throw error.errors[0];
      },
    );
  }

  #cluster(name: string): ClusterSpec {
    const cluster = this.#lab.spec.clusters.find((each) => each.name === name);
    if (!cluster) throw new LabError(`the lab has no cluster ${name}`);
    return cluster;
  }

  #host(name: string): Host {
    const host = this.#lab.hosts.find((each) => each.name === name);
    if (!host) throw new LabError(`the lab has no host ${name}`);
    return host;
  }
}

/** One value where the answer is one row of one column, else all rows. An SQL error is an answer: its SQLSTATE. */
async function askSql(lab: Lab, host: Host, text: string): Promise<LookAnswer> {
  const session = await openSession(serverOf(lab, host));
  try {
    return { kind: 'sql', host: host.name, value: answerOf(await session.query(text)) };
  } catch (error) {
    const sqlstate = sqlstateOf(error);
    if (sqlstate === undefined) throw error;
    return { kind: 'sql', host: host.name, value: null, sqlstate, message: (error as Error).message };
  } finally {
    await session.close().catch(() => undefined);
  }
}

function answerOf(rows: readonly Row[]) {
  const [first] = rows;
  if (!first) return null;
  return rows.length === 1 && first.length === 1 ? (first[0] ?? null) : rows;
}
