/** All kinds of expectation, in the order of the reference. A kind without an entry does not compile. */
import type { z } from 'zod';
import type { Expectation } from '../expectation.ts';
import { cluster } from './cluster.ts';
import { dcs } from './dcs.ts';
import { file } from './file.ts';
import { ledger } from './ledger.ts';
import { log } from './log.ts';
import { outage } from './outage.ts';
import { repo } from './repo.ts';
import { sql } from './sql.ts';
import { value } from './value.ts';

export const expectationKinds = ['cluster', 'log', 'ledger', 'outage', 'repo', 'sql', 'file', 'dcs', 'value'] as const;
export type ExpectationKind = (typeof expectationKinds)[number];

export const expectations = {
  cluster,
  log,
  ledger,
  outage,
  repo,
  sql,
  file,
  dcs,
  value,
  // biome-ignore lint/suspicious/noExplicitAny: each entry's own type is kept; this only says that none is missing.
} as const satisfies { readonly [K in ExpectationKind]: Expectation<any> };

/** Claims of every kind as its schema puts them out. */
export type Claims = { readonly [K in ExpectationKind]: z.output<(typeof expectations)[K]['schema']> };
