import { describe, expect, it } from 'vitest';
import { redactData, redactNamed, secretsIn } from '../../lab/core/find-secrets.ts';
import { redactor } from '../../lab/core/redact.ts';

describe('secrets in text', () => {
  it.each([
    ['password: hunter2', 'password: <redacted>'],
    ['authentication: { username: postgres, password: hunter2 }', 'authentication: { username: postgres, password: <redacted> }'],
    ['password: two words # a comment', 'password: <redacted>'],
    ['password: "with \\" a quote", x: 1', 'password: "<redacted>", x: 1'],
    ["password: 'it''s', x: 1", "password: '<redacted>', x: 1"],
    ['repo1-cipher-pass=two words', 'repo1-cipher-pass=<redacted>'],
    ['repo1-cipher-pass=/begins/like+a/path==', 'repo1-cipher-pass=<redacted>'],
    ['pgbackrest --repo1-cipher-pass=x1 --stanza=demo info', 'pgbackrest --repo1-cipher-pass=<redacted> --stanza=demo info'],
    ['PGPASSWORD=abc psql -c "select 1"', 'PGPASSWORD=<redacted> psql -c "select 1"'],
    ["alter role x with password 'abc' login", "alter role x with password '<redacted>' login"],
    ['host=pg1 user=x password=abc dbname=y', 'host=pg1 user=x password=<redacted> dbname=y'],
    ['postgresql://postgres:abc@127.0.0.1:5432/x', 'postgresql://postgres:<redacted>@127.0.0.1:5432/x'],
    ['"repo1-s3-key-secret": "abc/def"', '"repo1-s3-key-secret": "<redacted>"'],
    ['SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy', '<redacted>'],
    ['a\n  -----BEGIN PRIVATE KEY-----\n  MIGH\n  -----END PRIVATE KEY-----\nb', 'a\n  <private key>\nb'],
    ['{"text":"-----BEGIN PRIVATE KEY-----"},{"text":"MIGH"}', '{"text":"<private key>"},{"text":"MIGH"}'],
    ['{"text":"-----BEGIN PRIVATE KEY-----\\nMIGH\\n-----END PRIVATE KEY-----\\n"}', '{"text":"<private key>\\n"}'],
    ['-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIGH\n-----END RSA PRIVATE KEY-----', '<private key>'],
    ['{"password":12345,"x":1}', '{"password":"<redacted>","x":1}'],
    ['{"text":"password: abc"},"x"', '{"text":"password: <redacted>"},"x"'],
    ['-----BEGIN RSA PRIVATE KEY-----\ncut off', '<private key>'],
  ])('%j', (text, cleaned) => {
    expect(redactNamed(text)).toBe(cleaned);
    expect(redactNamed(cleaned)).toBe(cleaned);
  });

  it.each([
    'password_encryption: scram-sha-256',
    'password: ${mine}',
    'password: <superuser>',
    'pg1-host-key-file=/etc/pgbackrest/cert/host.key',
    'FATAL:  password authentication failed for user "postgres"',
    'repo1-cipher-type=aes-256-cbc',
  ])('%j has none', (text) => {
    expect(redactNamed(text)).toBe(text);
    expect(secretsIn(text)).toEqual([]);
  });

  it('are found in data, by the name that they stand under', () => {
    const data = { a: [{ password: 'one-1' }], 'repo1-cipher-pass': 12345, path: 'x', run: 'PGPASSWORD=two-2 psql' };
    expect(secretsIn(data)).toEqual(['one-1', '12345', 'two-2']);
    expect(redactData(data, redactNamed)).toEqual({
      a: [{ password: '<redacted>' }],
      'repo1-cipher-pass': '<redacted>',
      path: 'x',
      run: 'PGPASSWORD=<redacted> psql',
    });
  });
});

describe('secrets by value', () => {
  it('go however they are spelt, the longer one first', () => {
    const redact = redactor({ superuser: 'abcdefgh' }, ['abcdefgh/"1"']);
    expect(redact('abcdefgh abcdefgh/"1" abcdefgh/\\"1\\" abcdefgh%2F%221%22')).toBe('<superuser> <redacted> <redacted> <redacted>');
  });

  it('are taken as they stand, and by their name where they have one', () => {
    const redact = redactor({ superuser: 'p$1.*+?(x|y)' }, ['p$1.*+?(x|y)', 'k/[a-z]{3}\\d^$&1']);
    expect(redact('p$1.*+?(x|y), p$1.abcx, k/[a-z]{3}\\d^$&1, k/abc1')).toBe('<superuser>, p$1.abcx, <redacted>, k/abc1');
    expect(redactor({})('a text')).toBe('a text');
  });

  it('stay where they are common words, which everything is full of', () => {
    const redact = redactor({}, ['postgres', '5432', 'demo', 'hunter2']);
    expect(redact('postgres on demo:5432, hunter2')).toBe('postgres on demo:5432, <redacted>');
  });
});
