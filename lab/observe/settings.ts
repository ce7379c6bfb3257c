/** Asks a server which settings are in effect that are not its defaults, and where each was set. */
import type { EffectiveSetting, SettingsLook } from '../core/event.ts';
import { ask, type Row, type Server } from './postgres.ts';

/**
 * pg_settings has numbers in its own unit (`16384` of `8kB`) and `sourcefile` for superusers; current_setting says a value as people
 * write it (`128MB`). What the server makes up itself at start (`override`) and what this session asked for are left out.
 */
const question = `select name, current_setting(name), source, sourcefile, sourceline, pending_restart from pg_settings
where source not in ('default', 'override', 'session', 'client') order by name`;

/** Throws where nobody answers. */
export async function lookAtSettings(server: Server, host: string): Promise<SettingsLook> {
  return { kind: 'settings', host, settings: (await ask(server, question, 2000)).map(readSetting) };
}

export function readSetting([name, value, source, file, line, pending]: Row): EffectiveSetting {
  return {
    name: String(name),
    value: String(value),
    source: String(source),
    ...(file === null || file === undefined ? {} : { file: `${file}:${line}` }),
    ...(pending === true ? { pendingRestart: true as const } : {}),
  };
}
