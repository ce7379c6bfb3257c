/** Named timing profiles: how often Patroni looks and how long it waits, in seconds. */

export interface Timing {
  readonly ttl: number;
  readonly loopWait: number;
  readonly retryTimeout: number;
}

export const timingProfiles = {
  /** The smallest ttl and retry_timeout that Patroni takes since 3.2 (validator.py; loop_wait: 1): a dead leader is replaced after 20 s. */
  fast: { ttl: 20, loopWait: 2, retryTimeout: 3 },
  /** The talk's appendix, which are also Patroni's own defaults. */
  talk: { ttl: 30, loopWait: 10, retryTimeout: 10 },
} as const satisfies Record<string, Timing>;

export type ProfileName = keyof typeof timingProfiles;
export const profileNames = ['fast', 'talk'] as const satisfies readonly ProfileName[];
