import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { noEngine, searchEngine } from '../../lab/engine/connect.ts';
import { type Endpoint, enginePlaces, isLocalHost, type Surroundings } from '../../lab/engine/endpoints.ts';

function machine(env: Record<string, string> = {}, files: Record<string, string> = {}): Surroundings {
  return { env, home: '/home/ann', uid: 1000, platform: 'linux', read: (path) => files[path] };
}

const folderOf = (context: string) => createHash('sha256').update(context).digest('hex');
const contextFile = (name: string) => `/home/ann/.docker/contexts/meta/${folderOf(name)}/meta.json`;
const contextTo = (host: string) => JSON.stringify({ Name: 'x', Endpoints: { docker: { Host: host } } });
const refusal = (code: string) => Object.assign(new Error(code), { code });

describe('where an engine is looked for', () => {
  test('the usual sockets, system-wide before per-user', () => {
    const { candidates, choice } = enginePlaces(machine({ XDG_RUNTIME_DIR: '/run/user/7' }));
    expect(choice).toBeUndefined();
    expect(candidates.map(({ address }) => address)).toEqual([
      'unix:///var/run/docker.sock',
      'unix:///run/user/7/docker.sock',
      'unix:///home/ann/.docker/run/docker.sock',
      'unix:///home/ann/.colima/default/docker.sock',
      'unix:///run/user/7/podman/podman.sock',
      'unix:///run/podman/podman.sock',
    ]);
  });

  test('DOCKER_HOST is the only place where it is set, and wins over a context', () => {
    const { candidates, choice } = enginePlaces(machine({ DOCKER_HOST: 'tcp://10.0.0.1:2375', DOCKER_CONTEXT: 'work' }));
    expect(choice).toBe('DOCKER_HOST');
    expect(candidates).toEqual([{ source: 'DOCKER_HOST', address: 'tcp://10.0.0.1:2375' }]);
  });

  test.each([
    ['ssh://box', /does not speak ssh/],
    ['ftp://box', /not an address of an engine/],
  ])('DOCKER_HOST=%s says why it cannot be used', (host, reason) => {
    const [place] = enginePlaces(machine({ DOCKER_HOST: host })).candidates;
    expect(place).toMatchObject({ source: 'DOCKER_HOST', reason: expect.stringMatching(reason) });
  });

  test('DOCKER_HOST may lack the scheme; TLS files come from DOCKER_CERT_PATH', () => {
    const files = { '/certs/ca.pem': 'CA', '/certs/cert.pem': 'CERT', '/certs/key.pem': 'KEY' };
    const env = { DOCKER_HOST: '10.0.0.1:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' };
    expect(enginePlaces(machine(env, files)).candidates).toEqual([
      { source: 'DOCKER_HOST', address: 'tcp://10.0.0.1:2376', tls: { ca: 'CA', cert: 'CERT', key: 'KEY' } },
    ]);
    expect(enginePlaces(machine(env)).candidates).toMatchObject([{ reason: 'no readable ca.pem, cert.pem and key.pem in /certs' }]);
  });

  const colima = 'unix:///home/ann/.colima/default/docker.sock';
  const withColima = { '/home/ann/.docker/config.json': '{"currentContext": "colima"}', [contextFile('colima')]: contextTo(colima) };

  test('the current context is the only place, as for the docker client', () => {
    expect(enginePlaces(machine({}, withColima))).toEqual({
      candidates: [{ source: 'the current docker context "colima"', address: colima }],
      choice: 'current context',
    });
  });

  test('DOCKER_CONTEXT wins over the current context, and "default" is nobody’s choice', () => {
    const files = { ...withColima, [contextFile('work')]: contextTo('tcp://10.0.0.1:2375') };
    expect(enginePlaces(machine({ DOCKER_CONTEXT: 'work' }, files))).toEqual({
      candidates: [{ source: 'docker context "work"', address: 'tcp://10.0.0.1:2375' }],
      choice: 'DOCKER_CONTEXT',
    });
    expect(enginePlaces(machine({ DOCKER_CONTEXT: 'default' }, files))).toEqual(enginePlaces(machine()));
    expect(enginePlaces(machine({}, { '/home/ann/.docker/config.json': '{"currentContext": "default"}' }))).toEqual(
      enginePlaces(machine()),
    );
  });

  test('DOCKER_CONTEXT names one that does not exist', () => {
    expect(enginePlaces(machine({ DOCKER_CONTEXT: 'gone' }))).toEqual({
      candidates: [{ source: 'docker context "gone"', reason: 'no such context' }],
      choice: 'DOCKER_CONTEXT',
    });
  });

  test('a damaged config.json is passed over', () => {
    expect(enginePlaces(machine({}, { '/home/ann/.docker/config.json': '{' })).candidates).toHaveLength(6);
  });
});

describe('the search', () => {
  const answering =
    (addresses: readonly string[], otherwise = 'ENOENT') =>
    async ({ address }: Endpoint) => {
      if (!addresses.includes(address)) throw refusal(otherwise);
    };

  test('takes the first that answers', async () => {
    const podman = 'unix:///run/podman/podman.sock';
    expect(await searchEngine(machine(), answering([podman]))).toEqual({ endpoint: { source: 'Podman', address: podman } });
  });

  test('keeps every reason', async () => {
    const search = await searchEngine(machine({ DOCKER_HOST: 'tcp://127.0.0.1:1' }), answering([], 'ECONNREFUSED'));
    expect(search).toEqual({
      attempts: [
        { source: 'DOCKER_HOST', address: 'tcp://127.0.0.1:1', reason: 'connection refused: nothing listens there', denied: false },
      ],
      choice: 'DOCKER_HOST',
    });
  });

  test('asks no other engine where the current context’s does not answer, and says how to leave it', async () => {
    const files = {
      '/home/ann/.docker/config.json': '{"currentContext": "work"}',
      [contextFile('work')]: contextTo('unix:///run/work.sock'),
    };
    const search = await searchEngine(machine({}, files), answering(['unix:///var/run/docker.sock']));
    if (!('attempts' in search)) throw new Error(`took ${search.endpoint.address}`);
    expect(noEngine(search.attempts, search.choice)).toMatchObject({
      message: 'the Docker engine that the current docker context "work" names cannot be used',
      detail: ['the current docker context "work" (unix:///run/work.sock): no such socket'],
      hint: expect.stringContaining('docker context use default'),
    });
  });

  test('names setup where there is nothing, the group where there is no permission, and the setting where it is wrong', () => {
    const attempt = { source: 'Docker', address: 'unix:///var/run/docker.sock', reason: 'no such socket', denied: false };
    expect(noEngine([attempt])).toMatchObject({
      message: 'no Docker engine answers',
      detail: ['Docker (unix:///var/run/docker.sock): no such socket'],
      hint: expect.stringContaining('npm run setup'),
      exitCode: 3,
    });
    expect(noEngine([{ ...attempt, denied: true }]).hint).toContain('docker');
    expect(noEngine([{ ...attempt, source: 'DOCKER_HOST' }], 'DOCKER_HOST').message).toContain('DOCKER_HOST');
  });
});

test.each([
  ['127.0.0.1', true],
  ['localhost', true],
  ['::1', true],
  ['10.0.0.1', false],
  ['127.example.org', false],
])('%s is this machine: %s', (host, local) => {
  expect(isLocalHost(host)).toBe(local);
});
