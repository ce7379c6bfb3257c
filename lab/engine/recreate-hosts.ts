/** Replaces a lab's hosts by others made of a snapshot, which take over names, addresses, ports and labels. */
import type Docker from 'dockerode';
import { packFiles } from './archive.ts';
import { downFiles, type NewLab } from './create-lab.ts';
import type { Host, Lab } from './lab.ts';

/** `images`: by host. Whoever has the lab goes on with it: containers are known by their names. */
export async function recreateHosts(
  docker: Docker,
  lab: Lab,
  images: Readonly<Record<string, string>>,
  { down = {}, hold }: Pick<NewLab, 'down'> & { readonly hold: (host: Host) => boolean },
): Promise<void> {
  const made = await Promise.all(lab.hosts.map((host) => docker.getContainer(host.container).inspect()));
  await Promise.all(lab.hosts.map((host) => docker.getContainer(host.container).remove({ force: true })));
  await Promise.all(
    lab.hosts.map(async (host, n) => {
      const before = made[n];
      const image = images[host.name];
      if (!before || image === undefined) return;
      const networks = Object.entries(before.NetworkSettings.Networks).map(([name, { IPAMConfig }]) => [name, { IPAMConfig }] as const);
      const container = await docker.createContainer({
        ...before.Config,
        name: host.container,
        Image: image,
        HostConfig: before.HostConfig,
        NetworkingConfig: { EndpointsConfig: Object.fromEntries(networks) },
      });
      const stopped = down[host.name];
      const files = downFiles(stopped, hold(host));
      if (files.length > 0) await container.putArchive(await packFiles(files), { path: '/' });
      if (stopped !== 'stopped') await container.start();
      if (stopped === 'frozen') await container.pause();
    }),
  );
}
