import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  archivesAsynchronously,
  mergePgbackrestConf,
  readPgbackrestConf,
  writePgbackrestConf,
} from '../../lab/topology/pgbackrest-conf.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const list = fc.array(value, { minLength: 2, maxLength: 4 });
const conf = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}(:[a-z-]{1,10})?$/), fc.dictionary(word, fc.oneof(value, list)));

test('what was written is read again', () => {
  fc.assert(fc.property(conf, (written) => void expect(readPgbackrestConf(writePgbackrestConf(written))).toEqual(written)));
});

test('repeated keys are lists, values keep their "=", comments and blanks go', () => {
  const text = '# made by hand\n[global]\ntls-server-auth=pg1=demo\ntls-server-auth=pg2=demo,other\n\n[demo]\n  pg1-path = /data\n';
  expect(readPgbackrestConf(text)).toEqual({
    global: { 'tls-server-auth': ['pg1=demo', 'pg2=demo,other'] },
    demo: { 'pg1-path': '/data' },
  });
});

test('what pgBackRest could not read is refused', () => {
  expect(() => readPgbackrestConf('pg1-path=/data')).toThrow('line 1 is not key=value in a section');
  expect(() => readPgbackrestConf('[demo]\nnonsense')).toThrow('line 2');
  expect(() => writePgbackrestConf({ demo: { a: 'b\nc=d' } })).toThrow('line break');
});

test('an overlay merges: numbers and booleans as pgBackRest takes them, null and empty sections go', () => {
  const before = { global: { 'process-max': '2', 'start-fast': 'y' }, demo: { 'pg1-path': '/data' } };
  const after = mergePgbackrestConf(before, {
    global: { 'process-max': 4, 'start-fast': false, 'tls-server-auth': ['a=b'] },
    demo: null,
    x: { y: null },
  });
  expect(after).toEqual({ global: { 'process-max': '4', 'start-fast': 'n', 'tls-server-auth': ['a=b'] } });
});

test('asynchronous archiving is seen in any section', () => {
  expect(archivesAsynchronously({ global: {}, 'global:archive-push': { 'archive-async': 'y' } })).toBe(true);
  expect(archivesAsynchronously({ global: { 'archive-async': 'n' } })).toBe(false);
});
