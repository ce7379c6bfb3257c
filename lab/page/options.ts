/** What pgBackRest was told: each command says its options as it begins, wherever they came from. */
import type { ConfigFile } from '../report/page-data.ts';
import { type LogLine, laneOf, type Model } from './model.ts';

/** `archive-push command begin 2.60.0: [pg_wal/...] --compress-type=lz4 ...` */
const begin = /^([a-z-]+) command begin [\d.a-z]+:(.*)/s;

export function followOptions(model: Model): { readonly log: (line: LogLine) => void } {
  return {
    log: (line) => {
      const [, command, rest] = (line.program === 'pgbackrest' && begin.exec(line.text)) || [];
      if (command === undefined || rest === undefined) return;
      const options = [...rest.matchAll(/ --([a-z0-9-]+)(?:=("[^"]*"|\S+))?/g)].map(
        ([, name = '', value = '']) => [name, value.replace(/^"(.*)"$/, '$1')] as const,
      );
      laneOf(model, line.host).commands.set(command, { line, options });
    },
  };
}

/** The file of its host that sets an option, with the section; undefined: the command line did, or the environment. */
export function optionPlace(configs: readonly ConfigFile[], host: string, command: string, name: string): string | undefined {
  const file = configs.find((one) => one.host === host && one.path.endsWith('/pgbackrest.conf'));
  let section = '';
  let found: string | undefined;
  for (const [index, line] of (file?.text.split('\n') ?? []).entries()) {
    section = /^\[(.+)\]/.exec(line)?.[1] ?? section;
    const ownCommand = section.split(':')[1];
    if (line.split('=')[0]?.trim() === name && (ownCommand === undefined || ownCommand === command))
      found = `${file?.path}:${index + 1} [${section}]`;
  }
  return found;
}
