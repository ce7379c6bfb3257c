/** What must not leave a lab: the passwords made for it, its hosts' private keys, and what the scenario itself sets as a secret. */
import { redactData, redactNamed, secretsIn } from '../core/find-secrets.ts';
import { redactor } from '../core/redact.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Blueprint } from '../topology/blueprint.ts';

export interface RunRedactor {
  /** By value alone: what programs print, a line at a time, and stays JSON where it was. */
  readonly text: (text: string) => string;
  /** Also by name: a file in which somebody may have written a secret down. */
  readonly file: (text: string) => string;
  /** Every text in it, as in a file. */
  readonly data: <T>(data: T) => T;
}

/** What of a lab has its secrets. */
export type SecretHolder = Pick<Blueprint, 'hosts' | 'secrets'>;

/** `blueprint`: absent for a recorded run, whose history is without the lab's own secrets already. */
export function runRedactor(plan: Plan, blueprint?: SecretHolder): RunRedactor {
  const files = blueprint?.hosts.flatMap((host) => host.files.map((file) => file.text)) ?? [];
  const keys = files.filter((text) => text.includes('PRIVATE KEY'));
  const text = redactor({ ...blueprint?.secrets }, secretsIn([plan, keys]));
  const file = (whole: string) => redactNamed(text(whole));
  return { text, file, data: (data) => redactData(data, file) };
}
