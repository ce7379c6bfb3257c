/** The files of the default labs, exactly. `npx vitest run test/topology -u` writes them anew; read the difference before committing it. */
import { describe, expect, test } from 'vitest';
import { draft } from '../../lab/topology/draft.ts';
import type { LabSpec } from '../../lab/topology/overlay.ts';
import { places } from '../../lab/topology/places.ts';
import { catalogue, fixedMade } from './catalogue.ts';

const labs: Readonly<
  Record<string, { readonly lab: LabSpec; readonly files: readonly (readonly [host: string, path: string, extension: string])[] }>
> = {
  'three-nodes-repo-host': {
    lab: 'three-nodes-repo-host',
    files: [
      ['pg1', places.patroniConfig, 'yml'],
      ['pg1', places.pgbackrestConfig, 'conf'],
      ['repo', places.pgbackrestConfig, 'conf'],
      ['etcd1', places.etcdConfig, 'yml'],
    ],
  },
  'two-nodes-shared-repo': {
    lab: 'two-nodes-shared-repo',
    files: [
      ['pg1', places.pgbackrestConfig, 'conf'],
      ['pg2', places.pgbackrestConfig, 'conf'],
    ],
  },
  'one-node': { lab: 'one-node', files: [['repo', places.pgbackrestConfig, 'conf']] },
  'restore-test': {
    lab: { preset: 'three-nodes-repo-host', clusters: { scratch: { members: ['s1'], stanza: 'demo', ready: 'hosts' } } },
    files: [
      ['s1', places.patroniConfig, 'yml'],
      ['s1', places.pgbackrestConfig, 'conf'],
      ['repo', places.pgbackrestConfig, 'conf'],
    ],
  },
};

describe.each(Object.entries(labs))('%s', (name, { lab, files }) => {
  const { blueprint, problems } = draft(lab, catalogue, fixedMade(lab));
  expect(problems).toBeUndefined();
  const fileOf = (host: string, path: string) => blueprint?.hosts.find((one) => one.name === host)?.files.find((one) => one.path === path);

  test.each(files)('%s %s', async (host, path, extension) => {
    const base = path
      .split('/')
      .at(-1)
      ?.replace(/\.[a-z]+$/, '');
    await expect(fileOf(host, path)?.text).toMatchFileSnapshot(`../golden/${name}/${host}.${base}.${extension}`);
  });

  test('the rest of the blueprint', async () => {
    const withoutTexts = {
      ...blueprint,
      hosts: blueprint?.hosts.map((host) => ({
        ...host,
        files: host.files.map(({ path, mode, owner }) => `${path} ${mode.toString(8)} ${owner}`),
      })),
    };
    await expect(`${JSON.stringify(withoutTexts, undefined, 2)}\n`).toMatchFileSnapshot(`../golden/${name}/blueprint.json`);
  });
});
