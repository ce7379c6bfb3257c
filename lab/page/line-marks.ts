/** How a line that an expectation was about is marked: in the chart, in the log, and in the legend of both. */
import type { Verdictive } from './model.ts';

/** `words` follow "this line" or "a line that". */
interface Mark {
  readonly sign: string;
  readonly colour: 'good' | 'unsure' | 'bad';
  readonly words: string;
}

export const lineMarks: Readonly<Record<Verdictive, Mark>> = {
  met: { sign: '✓', colour: 'good', words: 'met an expectation' },
  near: { sign: '≈', colour: 'unsure', words: 'comes close to one that was missed' },
  broke: { sign: '✗', colour: 'bad', words: 'was forbidden' },
};
