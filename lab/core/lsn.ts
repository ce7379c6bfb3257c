/** PostgreSQL's log sequence numbers: text as the programs print it, compared as the 64-bit number it stands for. */

/** Canonical text of an LSN, upper case without padding, e.g. `0/60027B0` (what `pg_lsn` prints). */
export type Lsn = string & { readonly __brand: 'Lsn' };

const lsnText = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;

/** Reads an LSN in any case and padding (pgBackRest prints lower case, PostgreSQL upper). Throws RangeError on other text. */
export function parseLsn(text: string): Lsn {
  const match = lsnText.exec(text.trim());
  if (!match) throw new RangeError(`not an LSN: ${JSON.stringify(text)}`);
  return formatLsn((BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`));
}

/** The byte position an LSN stands for. */
export function lsnValue(lsn: Lsn): bigint {
  const [high, low] = lsn.split('/') as [string, string];
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export function formatLsn(value: bigint): Lsn {
  return `${(value >> 32n).toString(16)}/${(value & 0xffffffffn).toString(16)}`.toUpperCase() as Lsn;
}

/** Negative, zero or positive, as for Array.sort. */
export function compareLsn(a: Lsn, b: Lsn): number {
  const difference = lsnValue(a) - lsnValue(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
