import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../lab/core/problem.ts';
import { readBundledScenario } from '../../lab/run/bundle/bundled-scenario.ts';
import { fingerprint } from '../../lab/run/bundle/manifest.ts';
import { withRunFolder } from '../../lab/run/bundle/read-bundle.ts';
import { writeBundle } from '../../lab/run/bundle/write-bundle.ts';
import { judgeFolder } from '../../lab/run/judge-folder.ts';
import { planFile } from '../../lab/run/scenario-files.ts';
import { labSchema } from '../../lab/topology/overlay.ts';
import { storedRun, writeRunFolder } from '../histories.ts';

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'pglab-test-'));
});
afterAll(() => rm(work, { recursive: true }));

let count = 0;
const fresh = (name: string) => {
  count += 1;
  return join(work, `${count}-${name}`);
};

const scenario = `scenario: pgbackrest-270
proves: Something.
sources: ["talk: a test"]
lab: { preset: one-node, ready: backup }
steps:
  - recipe: { my-recipe: { on: pg1 } }
  - workload: start
  - workload: { rows: 50 }
  - workload: stop
  - expect: { ledger: { lost: 0 } }
variants:
  remedy: {}
`;
const recipe =
  'recipe: my-recipe\nabout: stops\nparams: { on: { about: where, selector: true } }\nsteps:\n  - stop: { on: "${on}", service: patroni }\n';

/** A run folder of a stored run, with what else a run leaves. */
async function runFolder(more: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = fresh('run');
  await writeRunFolder(folder, 'pgbackrest-270-remedy', {
    'scenario.yaml': scenario,
    'recipes/my-recipe.yaml': recipe,
    'verdict.json': '{}',
    'report.md': '# report',
    'configs/pg1/etc/patroni/config.yml': 'scope: demo\n',
    'logs/pg1.log': 'a line\n',
    ...more,
  });
  return folder;
}

async function bundleOf(folder: string): Promise<string> {
  const out = fresh('bundle.tar.gz');
  await writeBundle(folder, out);
  return out;
}

interface Entry {
  readonly header: Partial<Header> & { readonly name: string };
  readonly content: string;
}

async function entriesOf(bundle: string): Promise<Entry[]> {
  const tar = extract();
  tar.end(gunzipSync(await readFile(bundle)));
  const entries: Entry[] = [];
  for await (const entry of tar) {
    let content = '';
    for await (const chunk of entry) content += String(chunk);
    entries.push({ header: { name: entry.header.name }, content });
  }
  return entries;
}

/** A bundle of these entries. The manifest, the first one, is made to say what the others are, unless `asIs`. */
async function packed(entries: readonly Entry[], asIs?: 'as is'): Promise<string> {
  const tar = pack();
  const [manifest, ...rest] = entries as [Entry, ...Entry[]];
  const files = Object.fromEntries(
    rest.map(({ header, content }) => [header.name.split('/').slice(1).join('/'), fingerprint(Buffer.from(content))]),
  );
  const first = asIs ? manifest.content : JSON.stringify({ ...JSON.parse(manifest.content), files });
  for (const { header, content } of [{ ...manifest, content: first }, ...rest]) tar.entry(header as Header, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const out = fresh('packed.tar.gz');
  await writeFile(out, gzipSync(Buffer.concat(chunks)));
  return out;
}

/** What reading it says; a usage error is exit code 2. Nothing may be left of what was unpacked. */
async function refusal(bundle: string): Promise<string> {
  const leftBefore = await unpackedFolders();
  const error = await withRunFolder(bundle, (folder) => judgeFolder(folder, bundle)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UsageError);
  expect((error as UsageError).exitCode).toBe(2);
  expect(await unpackedFolders()).toEqual(leftBefore);
  return (error as UsageError).message;
}

async function unpackedFolders(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('pglab-bundle-')).sort();
}

describe('a bundle', () => {
  it('is judged as its run folder is', async () => {
    const folder = await runFolder();
    const bundle = await bundleOf(folder);
    expect((await withRunFolder(bundle, (unpacked) => judgeFolder(unpacked))).verdict).toEqual(judgeFolder(folder).verdict);
  });

  it('has everything, and says what it is', async () => {
    const entries = await entriesOf(await bundleOf(await runFolder()));
    expect(entries.map(({ header }) => header.name.split('/').slice(1).join('/'))).toEqual([
      'bundle.json',
      'configs/pg1/etc/patroni/config.yml',
      'history.jsonl',
      'ledger.jsonl',
      'logs/pg1.log',
      'plan.json',
      'recipes/my-recipe.yaml',
      'report.md',
      'scenario.yaml',
      'verdict.json',
    ]);
    expect(JSON.parse(entries[0]?.content ?? '')).toMatchObject({
      format: 1,
      scenario: 'pgbackrest-270',
      variant: 'remedy',
      versions: { pg1: { patroni: '4.1.5', pgbackrest: '2.60.0' } },
    });
  });

  it('gives the scenario back with the recipes as they were', async () => {
    const bundled = await readBundledScenario(await bundleOf(await runFolder()));
    expect(bundled?.variant).toBe('remedy');
    if (!bundled) throw new Error('no bundle');
    const { plans, problems } = planFile(bundled.source, [bundled.variant], bundled.recipes);
    expect(problems).toEqual([]);
    expect(plans[0]?.steps[0]).toMatchObject({ verb: 'recipe', args: { steps: [{ verb: 'stop' }] } });
    // The project has no such recipe: without the bundle's it could not be planned.
    expect(
      planFile(bundled.source, [bundled.variant])
        .problems.map((problem) => problem.message)
        .join(),
    ).toContain('my-recipe');
  });

  it('leaves links out: they may lead anywhere', async () => {
    const folder = await runFolder();
    await symlink('/etc/passwd', join(folder, 'logs', 'passwd'));
    const names = (await entriesOf(await bundleOf(folder))).map(({ header }) => header.name).join();
    expect(names).not.toContain('passwd');
  });

  it('is not written over something, nor made of a folder that is no run', async () => {
    const folder = await runFolder();
    const out = await bundleOf(folder);
    await expect(writeBundle(folder, out)).rejects.toThrow(/is there already/);
    await expect(writeBundle(work, fresh('x.tar.gz'))).rejects.toThrow(/is not the folder of a run/);
  });
});

describe('secrets', () => {
  const password = 'Tr0ub4dor&3-superuser';
  const passphrase = 'correct "horse" battery';
  const shortOne = 'pw1';
  const keyLines = ['MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY', 'oAoGCCqGSM49AwEHoUQDQgAEPR3tU2Fta9ktY'];
  const pem = `-----BEGIN EC PRIVATE KEY-----\n${keyLines.join('\n')}\n-----END EC PRIVATE KEY-----\n`;
  const s3 = 'wJalrXUtnFEMI/K7MDENG';

  async function planted(): Promise<string> {
    const { plan, history } = storedRun('pgbackrest-270-remedy');
    const log = history.find((event) => event.type === 'log');
    const said = (text: string, n: number) => ({ ...log, seq: history.length + n, text });
    const withSecrets = {
      ...plan,
      vars: { ...plan.vars, mine: password },
      lab: {
        ...plan.lab,
        patroni: { postgresql: { authentication: { superuser: { password } } }, restapi: { authentication: { password: shortOne } } },
        pgbackrest: { global: { 'repo1-cipher-pass': passphrase, 'repo1-s3-key-secret': s3 } },
        files: { '/etc/key.pem': pem },
      },
    };
    const events = [...history.slice(0, -1)];
    const lines = [
      ...events.map((event) => JSON.stringify(event)),
      ...[password, encodeURIComponent(password), ...keyLines, `password=${shortOne}`, `create role x password '${s3}'`].map((text, n) =>
        JSON.stringify(said(`it said ${text} aloud`, n)),
      ),
    ];
    return runFolder({
      'plan.json': JSON.stringify(withSecrets),
      'history.jsonl': `${lines.join('\n')}\n`,
      'scenario.yaml': `${scenario}vars: { mine: "${password}" }\n# PGPASSWORD=${shortOne} psql\n# repo1-cipher-pass: ${JSON.stringify(passphrase)}\n`,
      'configs/pg1/etc/pgbackrest/pgbackrest.conf': `[global]\nrepo1-cipher-pass=${passphrase}\nrepo1-s3-key-secret=${s3}\npg1-host-key-file=/etc/key\n`,
      'configs/pg1/etc/key.pem': pem,
      'logs/pg1.log': `connecting to postgresql://postgres:${encodeURIComponent(password)}@pg1/\n${pem.trim()}\n${keyLines[0]}\n`,
      'report.md': `> ${password} ${passphrase}`,
      'report.html': `<b>${password}</b><script>${JSON.stringify([passphrase, { text: `password: ${shortOne}` }, ...pem.split('\n'), { password: 123 }])}</script>`,
    });
  }

  it('are in no byte of it', async () => {
    const bytes = gunzipSync(await readFile(await bundleOf(await planted()))).toString('latin1');
    const spelt = [password, passphrase, s3, ...keyLines].flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ]);
    for (const secret of [...spelt, `=${shortOne}`, `"${shortOne}"`, 'BEGIN EC PRIVATE KEY']) expect(bytes, secret).not.toContain(secret);
    // What only looks like one stays.
    expect(bytes).toContain('pg1-host-key-file=/etc/key');
  });

  it('leave JSON that is still JSON, and a scenario that can still be planned', async () => {
    const entries = await entriesOf(await bundleOf(await planted()));
    const text = (name: string) => entries.find(({ header }) => header.name.endsWith(`/${name}`))?.content ?? '';
    for (const line of text('history.jsonl').split('\n')) if (line !== '') JSON.parse(line);
    const embedded = /<script>(.*)<\/script>/s.exec(text('report.html'))?.[1] ?? '';
    expect(JSON.parse(embedded)).toContainEqual({ text: 'password: <redacted>' });
    expect(JSON.parse(text('plan.json')).lab.patroni.restapi.authentication.password).toBe('<redacted>');
    expect(
      planFile({ file: 'scenario.yaml', text: text('scenario.yaml') }, undefined, { 'my-recipe': { file: 'r', text: recipe } }).problems,
    ).toEqual([]);
  });
});

describe('a bundle that is not what it should be is refused', () => {
  const changed = async (change: (entries: Entry[]) => Entry[], asIs?: 'as is') =>
    refusal(await packed(change(await entriesOf(await bundleOf(await runFolder()))), asIs));
  const extra = (header: Partial<Header> & { readonly name: string }) => (entries: Entry[]) => [...entries, { header, content: '' }];
  const top = async () => (await entriesOf(await bundleOf(await runFolder())))[0]?.header.name.split('/')[0] ?? '';

  it.each([
    ['climbs out', '../../evil'],
    ['climbs out further in', 'logs/../../../evil'],
    ['is absolute', '/etc/evil'],
    ['is absolute on Windows', 'C:/evil'],
    ['has backslashes', 'logs\\..\\..\\evil'],
    ['is the folder itself', '.'],
  ])('where a path %s', async (_, path) => {
    const name = path.startsWith('/') || path.startsWith('..') ? path : undefined;
    const message = await changed((entries) => extra({ name: name ?? `${entries[0]?.header.name.split('/')[0]}/${path}` })(entries));
    expect(message).toMatch(/is not a path inside the bundle|more than one folder at its top/);
  });

  it.each(['symlink', 'link', 'character-device', 'block-device', 'fifo'] as const)('where it has a %s', async (type) => {
    const message = await changed((entries) =>
      extra({ name: `${entries[0]?.header.name.split('/')[0]}/logs/x`, type, linkname: '/etc/passwd' })(entries),
    );
    expect(message).toContain(`is a ${type}, and a bundle has files only`);
  });

  it('where a history was edited', async () => {
    const message = await changed(
      (entries) =>
        entries.map((entry) => (entry.header.name.endsWith('history.jsonl') ? { ...entry, content: `${entry.content}\n` } : entry)),
      'as is',
    );
    expect(message).toContain('it was changed after it was made: history.jsonl is not what bundle.json says');
  });

  it('where a history was cut or edited, and the fingerprints with it', async () => {
    const history = (edit: (text: string) => string) =>
      changed((entries) =>
        entries.map((entry) => (entry.header.name.endsWith('history.jsonl') ? { ...entry, content: edit(entry.content) } : entry)),
      );
    expect(await history((text) => text.slice(0, 5000))).toMatch(/history\.jsonl:\d+ is not JSON: the file was cut off or edited/);
    expect(await history((text) => text.split('\n').toSpliced(10, 1).join('\n'))).toMatch(
      /the history cannot be judged: events 10 to 10 are missing/,
    );
    expect(await history((text) => text.replace('"type":"run-started"', '"type":"heartbeat"'))).toContain(
      'does not begin with the start of a run',
    );
    expect(await history((text) => text.replace('"format":1', '"format":2'))).toContain(
      'recorded by a newer version of the lab (format 2)',
    );
    expect(
      await history((text) => text.replace(/"type":"step-ended","step":"(\w+)","result":\{/, '"type":"step-ended","step":"$1","was":{')),
    ).toMatch(/cannot be judged/);
    expect(await history(() => '42\n')).toContain('is not an object');
  });

  it('where it is of a newer format, with what to do', async () => {
    const message = await changed(
      ([first, ...rest]) => [
        { header: first?.header ?? { name: '' }, content: (first?.content ?? '').replace('"format": 1', '"format": 2') },
        ...rest,
      ],
      'as is',
    );
    expect(message).toContain('it was made by a newer version of the lab (bundle format 2, and this program reads 1)');
  });

  it('where files are missing, twice, unknown, or elsewhere', async () => {
    expect(await changed((entries) => entries.slice(0, -1), 'as is')).toContain('is missing');
    expect(await changed((entries) => [...entries, entries[2] as Entry])).toContain('comes twice');
    const folder = await top();
    expect(
      await changed(
        (entries) => [...entries, { header: { name: entries[0]?.header.name.replace('bundle.json', 'x') ?? folder }, content: '' }],
        'as is',
      ),
    ).toContain('x is not in its bundle.json');
    expect(await changed((entries) => entries.toReversed(), 'as is')).toContain('it does not begin with bundle.json');
    expect(await changed((entries) => [...entries, { header: { name: 'other/x' }, content: '' }])).toContain(
      'more than one folder at its top',
    );
  });

  it('where it is something else, or cut off', async () => {
    const something = fresh('something.tar.gz');
    await writeFile(something, 'Hello.');
    expect(await refusal(something)).toContain('is not a bundle, or was cut off');
    const whole = await readFile(await bundleOf(await runFolder()));
    const cut = fresh('cut.tar.gz');
    await writeFile(cut, whole.subarray(0, whole.length / 2));
    expect(await refusal(cut)).toContain('is not a bundle, or was cut off');
    await writeFile(something, gzipSync('Hello.'));
    expect(await refusal(something)).toContain('is not a bundle');
    await writeFile(something, gzipSync(Buffer.alloc(1024)));
    expect(await refusal(something)).toContain('it is not a bundle: it is empty');
  });

  it('where it unpacks to more than any run has', async () => {
    const name = `${await top()}/bundle.json`;
    const tar = pack();
    const size = 300 * 1024 * 1024;
    const entry = tar.entry({ name, size });
    entry.end(Buffer.alloc(size));
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    const bomb = fresh('bomb.tar.gz');
    await writeFile(bomb, gzipSync(Buffer.concat(chunks), { level: 1 }));
    expect(await refusal(bomb)).toContain('it unpacks to more than 256 MiB');
  }, 30_000);
});

describe("a stranger's scenario", () => {
  it.each([
    ['bind mounts', { disks: { '/x': { bind: '/' } } }],
    ['bind mounts from the machine', { hosts: { pg1: { volumes: ['/:/host'] } } }],
    ['capabilities', { capabilities: ['NET_ADMIN'] }],
    ['capabilities of a host', { hosts: { pg1: { cap_add: ['SYS_ADMIN'] } } }],
    ['privileges', { hosts: { pg1: { privileged: true } } }],
    ['public binds', { bind: '0.0.0.0' }],
    ['ports', { hosts: { pg1: { publish: [5432] } } }],
    ['the networks of the machine', { network: 'host' }],
    ['images', { hosts: { pg1: { image: 'evil:latest' } } }],
  ])('has no way to ask for %s', (_, lab) => {
    expect(labSchema.safeParse({ preset: 'one-node' }).success).toBe(true);
    expect(labSchema.safeParse({ preset: 'one-node', ...lab }).success).toBe(false);
  });
});
