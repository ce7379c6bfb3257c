/** `pglab bundle`: one archive of a run, for somebody who wants to judge it or replay it on another machine. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeBundle } from '../../run/bundle/write-bundle.ts';
import type { Verb } from '../session.ts';

export const bundle: Verb = {
  define: (command: Command) => {
    command
      .argument('<folder>', 'a run folder, such as one in .lab/runs')
      .option('--out <file>', "where the bundle is made; default: the folder's name and .tar.gz, here")
      .addHelpText(
        'after',
        `
Passwords, keys and passphrases are taken out of every file.

Examples:
  npm run lab:bundle -- .lab/runs/20261122-211824-standby-rebuild-pgbackrest
  npm run lab:bundle -- .lab/runs/20261122-211824-standby-rebuild-pgbackrest --out evidence.tar.gz
  npm run lab:judge -- evidence.tar.gz
  npm run lab:replay -- evidence.tar.gz`,
      )
      .action(async (folder: string, options: { out?: string }) => {
        const { manifest, out } = await writeBundle(folder, options.out ?? `${basename(resolve(folder))}.tar.gz`);
        const { size } = await stat(out);
        const files = Object.keys(manifest.files).length;
        process.stdout.write(
          `${out}: ${manifest.scenario} (${manifest.variant}), ${files} files, ${Math.ceil(size / 1024)} kB; passwords and keys are taken out\n` +
            `  npm run lab:judge -- ${out}\n  npm run lab:replay -- ${out}\n`,
        );
      });
  },
};
