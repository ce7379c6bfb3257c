/** Shows images being made: a line for each that is kept up to date on a terminal, plain lines in a pipe. */
import { paintFor } from '../lab/cli/paint.ts';
import type { ImageProgress } from '../lab/engine/images.ts';

export interface ProgressView {
  readonly show: (progress: ImageProgress) => void;
  /** Leaves the cursor below everything shown. */
  readonly end: () => void;
}

export function imageProgress(output: NodeJS.WriteStream): ProgressView {
  return output.isTTY ? liveView(output) : plainView(output);
}

function plainView(output: NodeJS.WriteStream): ProgressView {
  const say = (image: string, text: string) => output.write(`${image}: ${text}\n`);
  return {
    show(progress) {
      // A build's own output is hundreds of lines; its steps tell how far it is.
      if (progress.type !== 'line') say(progress.image, sentence(progress));
      else if (/^Step \d+\/\d+ : RUN|^installing |cannot be pulled/.test(progress.line))
        say(progress.image, progress.line.replace(/\s+/g, ' ').slice(0, 120));
    },
    end() {},
  };
}

function liveView(output: NodeJS.WriteStream): ProgressView {
  const colors = paintFor(output);
  const running = new Map<string, { readonly started: number; text: string }>();
  let drawn = 0;
  const draw = (above?: string) => {
    const rows = [...running].map(([image, { started, text }]) => {
      const head = `${image} ${Math.round((performance.now() - started) / 1000)} s `;
      return `${colors.cyan(head)}${colors.dim(text.slice(0, Math.max(0, (output.columns || 80) - head.length - 1)))}`;
    });
    output.write(
      `${drawn ? `\x1b[${drawn}A` : ''}\r\x1b[J${above === undefined ? '' : `${above}\n`}${rows.map((row) => `${row}\n`).join('')}`,
    );
    drawn = rows.length;
  };
  const clock = setInterval(draw, 250);
  clock.unref();
  return {
    show(progress) {
      const { image } = progress;
      if (progress.type === 'done') {
        running.delete(image);
        draw(`${colors.green('✓')} ${image}: ${sentence(progress)}`);
      } else if (progress.type === 'warning') {
        draw(`${colors.yellow('!')} ${image}: ${sentence(progress)}`);
      } else {
        const text = sentence(progress)
          .replace(/\p{Cc}/gu, ' ')
          .trim();
        const row = running.get(image);
        if (row) row.text = text;
        else running.set(image, { started: performance.now(), text });
      }
    },
    end() {
      clearInterval(clock);
      running.clear();
      draw();
    },
  };
}

function sentence(progress: ImageProgress): string {
  switch (progress.type) {
    case 'build':
      return 'building';
    case 'wait':
      return `process ${progress.pid} is building it; waiting`;
    case 'line':
      return progress.line;
    case 'warning':
      return `warning: ${progress.message}`;
    case 'done':
      return `built in ${progress.took} (${progress.tag})`;
  }
}
