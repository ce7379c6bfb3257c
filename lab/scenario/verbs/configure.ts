import { z } from 'zod';
import { type Overlay, overlaySchema } from '../../topology/overlay.ts';
import { text } from '../schema-parts.ts';
import { selectorSchema } from '../selector.ts';
import { verb } from '../verb.ts';

export const configure = verb({
  schema: z
    .strictObject({
      on: selectorSchema
        .exactOptional()
        .describe('hosts whose local files change: patroni, pgbackrest, files and versions need it, dcs does not, hosts has its own'),
      of: text.exactOptional().describe('the cluster whose dynamic configuration dcs changes; default main'),
      apply: z
        .enum(['none', 'reload', 'restart'])
        .default('reload')
        .describe('none: only the files are written; reload; restart the service'),
      ...overlaySchema.pick({ patroni: true, dcs: true, pgbackrest: true, files: true, versions: true, hosts: true }).shape,
    })
    .transform(
      ({
        on,
        of,
        apply,
        ...overlay
      }): { readonly on?: string; readonly of?: string; readonly apply: typeof apply; readonly overlay: Overlay } => ({
        ...(on === undefined ? {} : { on }),
        ...(of === undefined ? {} : { of }),
        apply,
        overlay,
      }),
    ),
  summary: 'Changes configuration: local files of hosts, or the dynamic configuration in the DCS.',
  example: 'configure: { dcs: { synchronous_mode: true } }',
  title: ({ on, overlay }) => `configure ${Object.keys(overlay).join(', ')}${on === undefined ? '' : ` on ${on}`}`,
  effect: {
    does: "Merges the overlay into the files as they are and writes them, or patches the dynamic configuration through Patroni's REST API; then applies it: reload asks Patroni to reload and sends SIGHUP to pgBackRest's server; restart restarts these services, and for dcs has Patroni restart PostgreSQL in place on the members whose parameters need it, as often as hot standby's rule for max_connections and the like asks. Where archive-async is turned on, its log files join the host's stream. Versions are switched as an upgrade would: between the host's own pgBackRest and the one that the lab gave it under versions; a server that runs is the old one until apply: restart.",
    proof:
      'The program itself reports the new settings: Patroni its dynamic configuration, PostgreSQL its parameters (those that wait for a restart are told), pgBackRest the options that its commands get and its version. Of its own file Patroni reports nothing: its log has to say that it has read it, which takes up to a loop. What a program does not take (an unknown option or parameter) is unproven; put it into files where that is what you want to see.',
  },
});
