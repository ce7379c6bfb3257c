/** `pglab up`: a lab as its options say, forked from its golden lab or brought up from nothing. */
import type { Command } from 'commander';
import { goldenUse, originOf } from '../../run/golden.ts';
import { showImages } from '../image-progress.ts';
import { type LabChoice, readChoice, withLabChoice, withName } from '../lab-options.ts';
import type { Session, Verb } from '../session.ts';
import { type StartOptions, startLab, withStartOptions } from '../start-lab.ts';

interface Options extends LabChoice, StartOptions {
  readonly name: string;
  readonly fresh?: true;
}

export const up: Verb = {
  define: (command: Command, session: Session) => {
    withStartOptions(withLabChoice(withName(command)))
      .option('--fresh', 'bring it up from nothing, not as a fork of its golden lab')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:up
  npm run lab:up -- --name other --preset one-node
  npm run lab:up -- --profile talk --train trixie
  npm run -s lab:up -- --json | jq -r '.members[].connection'`,
      )
      .action(async (options: Options) => {
        const { spec, locate } = await readChoice(options);
        await startLab(options.name, options, session, ({ docker, bind, progress, signal }) =>
          originOf(docker, spec, {
            ...{ golden: goldenUse(options), bind, signal, locate },
            ...{ onImages: showImages(progress), onPhase: progress.phase },
          }),
        );
      });
  },
};
