/** Colours for one output stream: a pipe gets none, whatever the other stream is. */
import picocolors from 'picocolors';

export type Paint = ReturnType<typeof picocolors.createColors>;

/** Honours NO_COLOR and FORCE_COLOR (https://no-color.org, https://force-color.org). */
export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  if (env.NO_COLOR) return picocolors.createColors(false);
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return picocolors.createColors(true);
  return picocolors.createColors(stream.isTTY === true && env.TERM !== 'dumb');
}

/** A host's colour is the same in every output. Red is for trouble. */
export function paintHost(paint: Paint, hosts: readonly string[], host: string): (text: string) => string {
  const wheel = [paint.blue, paint.magenta, paint.yellow, paint.cyan, paint.green, paint.magentaBright, paint.blueBright, paint.cyanBright];
  return wheel[Math.max(0, hosts.indexOf(host)) % wheel.length] ?? paint.white;
}

/** By a program's own word for how grave a log entry is. */
export function paintLevel(paint: Paint, level = ''): (text: string) => string {
  if (/^(ERROR|FATAL|PANIC|CRITICAL)$/.test(level)) return paint.red;
  return level.startsWith('WARN') ? paint.yellow : String;
}
