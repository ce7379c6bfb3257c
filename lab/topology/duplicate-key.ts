/** A key that stands twice in one YAML map: what to say of it, and where Patroni's file has one. */
import { parseDocument } from 'yaml';

/** `start`: where in the text the second one stands. */
export function duplicateKey(text: string, start: number): string {
  const name = /^["']?([^"':\s]+)/.exec(text.slice(start))?.[1];
  return name === undefined ? 'a key stands twice in one map' : `the key ${name} stands twice in one map`;
}

/** What is wrong with a config.yml: PyYAML, and so Patroni, keeps the last one without a word (patroni/patroni#2357). */
export function duplicateKeysOf(patroniConfig: string): readonly string[] {
  return parseDocument(patroniConfig, { version: '1.1' })
    .errors.filter(({ code }) => code === 'DUPLICATE_KEY')
    .map(({ pos }) => `${duplicateKey(patroniConfig, pos[0])}, of which Patroni takes the last without a word`);
}
