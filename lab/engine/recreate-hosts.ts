/** Replaces a lab's hosts by others made of a snapshot, which take over names, addresses, ports and labels. */
import type Docker from 'dockerode';
import { settle } from '../core/settle.ts';
import { packFiles } from './archive.ts';
import { downFiles, type NewLab } from './create-lab.ts';
import { freezeContainer, type Host, type Lab, removeContainers } from './lab.ts';

/** `images`: by host. Whoever has the lab goes on with it: containers are known by their names. */
export async function recreateHosts(
  docker: Docker,
  lab: Lab,
  images: Readonly<Record<string, string>>,
  { down = {}, hold }: Pick<NewLab, 'down'> & { readonly hold: (host: Host) => boolean },
): Promise<void> {
  const made = await Promise.all(lab.hosts.map((host) => docker.getContainer(host.container).inspect()));
  await removeContainers(
    docker,
    lab.hosts.map((host) => host.container),
  );
  await settle(
    lab.hosts.map(async (host, n) => {
      const before = made[n];
      const image = images[host.name];
      if (!before || image === undefined) return;
      // What the lab once asked for: Podman does not take back all that it tells, and its word for the network is the kind.
      const [network = ''] = Object.keys(before.NetworkSettings.Networks);
      const { PortBindings, ExtraHosts, LogConfig, ShmSize } = before.HostConfig;
      const container = await docker.createContainer({
        ...before.Config,
        name: host.container,
        Image: image,
        HostConfig: { NetworkMode: network, PortBindings, ExtraHosts, LogConfig, ShmSize },
        NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: host.address } } } },
      });
      const stopped = down[host.name];
      const files = downFiles(stopped, hold(host));
      if (files.length > 0) await container.putArchive(await packFiles(files), { path: '/' });
      if (stopped !== 'stopped') await container.start();
      if (stopped === 'frozen') await freezeContainer(container);
    }),
  );
}
