import { expect, test } from 'vitest';
import { readYaml } from '../../lab/scenario/yaml-source.ts';

test.each([
  ['  - mark: a\n    - mark: b', /next begins in another column/],
  ['  - cut: { from: repo, to: pg1 }\n    - workload: { to: repo }', /next begins in another column/],
  ['  - expect: { sql: x }\n    within: 5s\n     as: b', /next begins in another column/],
  ['  - expect:\n      log: x\n     within: 5s', /next begins in another column/],
  ['  - sql: a: b', /quote text that has ": "/],
  ['  - expect: { log: { lines: [{ postgres: LOG: archive command failed }] } }', /quote text that has ": "/],
  ['  - kill: { on: pg1 process: x }', /commas separate/],
  ['  - exec: { on: pg1, run: echo # one }\n  - mark: m', /" #" is a comment/],
  ['  - kill: { on: pg1', /close \{ with \}/],
  ['  - expect: { log: { lines: [{ patroni: "/demoting \\w+/" }] } }', /single quotes, '\/\\w\+\/'/],
  ["  - sql: 'it's'", /' is written ''/],
  ['\t- mark: x\n  - mark: y', /indent with spaces/],
  ['  - expect: { sql: x }\n    within:120s', /a colon and a space/],
  ['  - kill: { on: ${a.b} }', /quote what has \$\{\.\.\.\} in it/],
  ['  - mark: @x', /quote what begins with a sign/],
  ['  - mark: >=4.1', /quote what begins with a sign/],
])('one error and what to do about it: %j', (steps, hint) => {
  const { problems, readable } = readYaml({ file: 'x.yaml', text: `steps:\n${steps}\n` });
  expect(readable).toBe(false);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.hint).toMatch(hint);
});

test('what is wrong in itself is told beside another error, and a key that stands twice as well', () => {
  const text = 'a: @x\nb: "\\w"\nc: 1\nc: 2\n';
  const twice = readYaml({ file: 'x.yaml', text: 'a: 1\na: 2\nb: { c: d\ne: 3\n' });
  expect(twice).toMatchObject({ readable: false, problems: [{ span: { start: { line: 2 } } }, { span: { start: { line: 4 } } }] });
  expect(readYaml({ file: 'x.yaml', text }).problems.map(({ span }) => span?.start.line)).toEqual([1, 2, 4]);
});
