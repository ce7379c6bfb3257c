import type { Made } from '../../lab/topology/draft.ts';
import { draftNeeds } from '../../lab/topology/draft.ts';
import type { TrainCatalogue } from '../../lab/topology/host-images.ts';
import type { LabSpec } from '../../lab/topology/overlay.ts';

/** As `images/versions.yaml` had it when these tests were written. */
export const catalogue: TrainCatalogue = {
  default: 'forky',
  trains: {
    forky: { postgresql: 18, expected: { postgresql: '18', patroni: '4.1', pgbackrest: '2.60', etcd: '3.5' } },
    trixie: { postgresql: 17, expected: { postgresql: '17', patroni: '4.0', pgbackrest: '2.55', etcd: '3.5' } },
    bookworm: { postgresql: 15, expected: { postgresql: '15', patroni: '3.0', pgbackrest: '2.45', etcd: '3.4' } },
  },
};

/** Passwords and certificates that are the same in every run. */
export function fixedMade(lab: LabSpec): Made {
  return {
    secrets: { superuser: 'my-super-password', replication: 'confidential', restapi: 'mySupeSecretPassword' },
    certificates: {
      ca: 'CA\n',
      hosts: Object.fromEntries(
        draftNeeds(lab).map((host) => [host, { certificate: `certificate of ${host}\n`, key: `key of ${host}\n` }]),
      ),
    },
  };
}
