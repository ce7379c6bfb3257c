/** The engine's clock against this machine's: they differ where the engine runs in a virtual machine or elsewhere. */
import type Docker from 'dockerode';

/** The engine's clock minus this machine's, ms; as exact as half of one request's time. */
export async function clockOffset(docker: Docker): Promise<number> {
  const before = performance.timeOrigin + performance.now();
  const { SystemTime } = (await docker.info()) as { SystemTime: string };
  const after = performance.timeOrigin + performance.now();
  const offset = Date.parse(SystemTime) - (before + after) / 2;
  // Within the request's own time nothing is measured.
  return Math.abs(offset) <= (after - before) / 2 ? 0 : offset;
}
