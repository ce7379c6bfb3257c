/**
 * Draws over the whole terminal, and gives it back as it was: on its alternate screen (xterm's control sequences, which every
 * terminal in use knows), with the cursor hidden and keys read as they are pressed.
 */
import type { ReadStream, WriteStream } from 'node:tty';

export interface FullScreen {
  /** Shows these lines from the top, cut to the terminal's size. Lines may be coloured. */
  readonly draw: (lines: readonly string[]) => void;
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Gives the terminal back; so does the end of the process. */
  readonly close: () => void;
}

interface Hands {
  readonly onKey: (key: string) => void;
  readonly onResize: () => void;
}

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';

export function openFullScreen(output: WriteStream, input: ReadStream, { onKey, onResize }: Hands): FullScreen {
  let isOpen = true;
  let drawn = '';
  const keys = (pressed: Buffer) => onKey(pressed.toString());
  const resized = () => {
    drawn = '';
    onResize();
  };
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    process.off('exit', close);
    output.off('resize', resized);
    if (input.isTTY) input.off('data', keys).setRawMode(false).pause();
    output.write(leave);
  };
  // Whatever ends the process, a signal's handler or a mistake: writing to a terminal is done when it returns.
  process.on('exit', close);
  output.on('resize', resized);
  if (input.isTTY) input.setRawMode(true).on('data', keys);
  output.write(enter);
  return {
    size: () => ({ columns: output.columns, rows: output.rows }),
    draw: (lines) => {
      // A character in the last column would be erased with what is right of the cursor.
      const shown = lines.slice(0, output.rows).map((line) => `${clip(line, output.columns - 1)}\x1b[K`);
      const frame = `\x1b[H${shown.join('\r\n')}\x1b[J`;
      if (frame === drawn || !isOpen) return;
      drawn = frame;
      output.write(frame);
    },
    close,
  };
}

/** The first `width` characters; what only colours stays, so that every colour ends. */
export function clip(line: string, width: number): string {
  let left = width;
  return line
    .split(/(\p{Cc}\[[\d;]*m)/u)
    .map((part, at) => {
      if (at % 2 === 1) return part;
      const characters = [...part].slice(0, left);
      left -= characters.length;
      return characters.join('');
    })
    .join('');
}
