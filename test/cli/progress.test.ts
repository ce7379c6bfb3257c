import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { showImages } from '../../lab/cli/image-progress.ts';
import { showProgress } from '../../lab/cli/progress.ts';
import { table } from '../../lab/cli/table.ts';

function screen(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 }) as unknown as NodeJS.WriteStream;
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { stream, text: () => text };
}

test('in a pipe every phase is one line with the time since the start', () => {
  const { stream, text } = screen(false);
  const progress = showProgress(stream);
  progress.phase('starting 7 hosts');
  progress.at('etcd1');
  progress.warn('the mirror has 2.61');
  progress.phase('waiting for pg1 to lead');
  progress.end('done');
  expect(text()).toBe('  0.0 s  starting 7 hosts\n  0.0 s  warning: the mirror has 2.61\n  0.0 s  waiting for pg1 to lead\n');
});

test('runs side by side have lines on a terminal as well: none of them ends with the next', () => {
  const { stream, text } = screen(true);
  const progress = showProgress(stream, 'lines');
  progress.phase('a (x): starting 7 hosts');
  progress.phase('b (y): starting 7 hosts');
  progress.end('failed');
  expect(text()).toBe('  0.0 s  a (x): starting 7 hosts\n  0.0 s  b (y): starting 7 hosts\n');
});

test('on a terminal a phase is one line that ends with a sign', () => {
  const { stream, text } = screen(true);
  const progress = showProgress(stream);
  progress.phase('starting 7 hosts');
  progress.at('etcd1\r\nand so on');
  progress.phase('waiting for pg1 to lead');
  progress.end('failed');
  const shown = stripVTControlCharacters(text())
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r') + 1).trimEnd());
  expect(shown).toEqual([
    expect.stringMatching(/^ {2}✓ starting 7 hosts +0\.0 s$/),
    expect.stringMatching(/^ {2}✗ waiting for pg1 to lead +0\.0 s$/),
    '',
  ]);
});

test('making images is one phase, with a line for each', () => {
  const { stream, text } = screen(false);
  const show = showImages(showProgress(stream));
  show({ type: 'build', image: 'etcd (forky)' });
  show({ type: 'build', image: 'repo (forky)' });
  show({ type: 'line', image: 'repo (forky)', line: 'Step 1/9' });
  show({ type: 'done', image: 'repo (forky)', tag: 'pglab/repo:forky-1', took: '40.0 s' });
  const lines = text()
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(9));
  expect(lines).toEqual([
    'making images that are missing',
    'building etcd (forky)',
    'building repo (forky)',
    'repo (forky) built in 40.0 s',
  ]);
});

test('tables align coloured cells and leave no blanks at the end', () => {
  expect(
    table(
      [{ title: 'A' }, { title: 'N', align: 'right' }, { title: '' }],
      [
        ['\x1b[31mred\x1b[39m', '1', ''],
        ['b', '200', 'x'],
      ],
    ),
  ).toEqual(['A      N', '\x1b[31mred\x1b[39m    1', 'b    200  x']);
});
