/** Looks at the health of a lab's etcd hosts. */
import { askHealth } from '../../observe/etcd.ts';
import { type Live, pauseUntilLogged, repeat } from './live.ts';
import { Panel } from './panel.ts';

/** How often, ms, when nothing is logged. */
const round = 2000;

export async function watchEtcd(live: Live): Promise<void> {
  const hosts = live.lab.hosts.filter(({ kind }) => kind === 'etcd');
  if (hosts.length === 0) return;
  const panel = new Panel(live, hosts, askHealth, 'unreachable');
  await repeat(live, pauseUntilLogged(live), async () => {
    const began = live.history.now();
    const answers = await panel.ask();
    live.history.recordLook('etcd', { kind: 'etcd', hosts: Object.fromEntries(answers) }, began);
    return round;
  });
}
