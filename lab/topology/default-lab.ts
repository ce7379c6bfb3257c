/** docs/default-lab.md: what the default lab is, and where it departs from the talk. Generated, so that it stays true. */
import { deviations, nonDeviations } from './deviations.ts';
import { presets } from './presets/index.ts';
import { timingProfiles } from './timing-profiles.ts';

export function renderDefaultLab(): string {
  return `${[
    '# The default lab',
    '',
    "Generated from `lab/topology/`. The configuration is that of the appendix of Stefan Fercot's talk *Patroni and pgBackRest: Better together*;",
    'what differs stands below, each with its reason. `npm run lab:plan` shows every file as it is rendered.',
    '',
    '## Presets',
    '',
    '| preset | what it is |',
    '|---|---|',
    ...Object.values(presets).map(({ name, about }) => `| \`${name}\` | ${about} |`),
    '',
    '## Timing profiles',
    '',
    '| profile | ttl | loop_wait | retry_timeout |',
    '|---|---|---|---|',
    ...Object.entries(timingProfiles).map(
      ([name, timing]) => `| \`${name}\` | ${timing.ttl} s | ${timing.loopWait} s | ${timing.retryTimeout} s |`,
    ),
    '',
    '## Where it departs from the talk',
    '',
    '| setting | talk | lab | why |',
    '|---|---|---|---|',
    ...deviations.map(({ what, talk, lab, why }) => `| ${what} | ${talk} | ${lab} | ${why} |`),
    '',
    '## Where one might expect it to',
    '',
    ...nonDeviations.map(({ what, why }) => `- ${what}: ${why}`),
  ].join('\n')}\n`;
}
