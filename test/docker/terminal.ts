/** A real terminal with a shell in it, for what people see and type: a tmux server of its own, without anybody's settings. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { projectFolder } from '../../lab/core/project.ts';

export interface Terminal {
  /** What stands on the screen: its lines without trailing blanks. */
  readonly screen: () => Promise<string>;
  /** Types text as it stands, then Enter. */
  readonly type: (text: string) => Promise<void>;
  /** Presses keys by tmux's names for them: `C-c`, `Enter`, `q`, `Up` (tmux(1), KEY BINDINGS). */
  readonly press: (...keys: string[]) => Promise<void>;
  /** Waits until the screen matches, and returns it. Throws with the last screen after `within` ms. */
  readonly shows: (what: RegExp, within?: number) => Promise<string>;
  readonly resize: (columns: number, rows: number) => Promise<void>;
  /** Pid of the program that the shell runs (Linux). */
  readonly program: () => Promise<number>;
  /** What programs change and must put back: the alternate screen, the cursor, and how the terminal treats keys (stty -g). */
  readonly modes: () => Promise<TerminalModes>;
  /** Ends the shell and whatever runs in it. */
  readonly close: () => Promise<void>;
}

interface TerminalModes {
  readonly alternateScreen: boolean;
  readonly cursor: boolean;
  readonly wrap: boolean;
  readonly keys: string;
}

/** A shell in the project's folder, whose prompt is `$ `. Installs tmux where it is missing, as setup does with the engine. */
export async function openTerminal({ columns = 100, rows = 30 } = {}): Promise<Terminal> {
  await ensureTmux();
  const folder = await mkdtemp(join(tmpdir(), 'pglab-terminal-'));
  const tmux = async (...args: string[]) => (await execa('tmux', ['-u', '-S', join(folder, 'tmux'), '-f', '/dev/null', ...args])).stdout;
  const size = ['-x', String(columns), '-y', String(rows)];
  await tmux('new-session', '-d', ...size, '-c', projectFolder, 'env', 'PS1=$ ', 'LC_ALL=C.UTF-8', 'sh', ';', 'set', '-g', 'status', 'off');
  const screen = () => tmux('capture-pane', '-p');
  const ask = (what: string) => tmux('display-message', '-p', what);
  const terminal: Terminal = {
    screen,
    type: async (text) => {
      await tmux('send-keys', '-l', text);
      await tmux('send-keys', 'Enter');
    },
    press: async (...keys) => {
      await tmux('send-keys', ...keys);
    },
    shows: async (what, within = 20_000) => {
      const end = Date.now() + within;
      for (;;) {
        const shown = await screen();
        if (what.test(shown)) return shown;
        if (Date.now() > end) throw new Error(`the screen did not show ${what} within ${within} ms:\n${shown}`);
        await delay(50);
      }
    },
    resize: async (x, y) => {
      await tmux('resize-window', '-x', String(x), '-y', String(y));
    },
    program: async () => {
      const shell = await ask('#{pane_pid}');
      return Number(await readFile(`/proc/${shell}/task/${shell}/children`, 'utf8'));
    },
    modes: async () => {
      const [alternate, cursor, wrap, tty = ''] = (await ask('#{alternate_on} #{cursor_flag} #{wrap_flag} #{pane_tty}')).split(' ');
      const { stdout: keys } = await execa('stty', ['-g', '-F', tty]);
      return { alternateScreen: alternate === '1', cursor: cursor === '1', wrap: wrap === '1', keys };
    },
    close: async () => {
      await tmux('kill-server');
      await rm(folder, { recursive: true });
    },
  };
  await terminal.shows(/^\$/).catch(async (error) => {
    await terminal.close();
    throw error;
  });
  return terminal;
}

/** A new machine has no tmux, and nobody but these tests needs it. */
async function ensureTmux(): Promise<void> {
  const { failed } = await execa('tmux', ['-V'], { reject: false });
  if (!failed) return;
  if (process.getuid?.() !== 0)
    throw new Error('tests of what a terminal shows need tmux; install it (Debian, Ubuntu: apt-get install tmux)');
  process.stderr.write('installing tmux, for the tests of what a terminal shows\n');
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
  await execa('apt-get', ['update', '-q'], options);
  await execa('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'tmux'], options);
}
