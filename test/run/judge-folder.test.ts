import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { judgeFolder, verdictAsWritten } from '../../lab/run/judge-folder.ts';
import { Recorder } from '../../lab/run/recorder.ts';
import { runFiles, writeInputs } from '../../lab/run/run-folder.ts';
import { runRedactor, type SecretHolder } from '../../lab/run/run-redactor.ts';
import { createJudge } from '../../lab/verdict/judge.ts';
import { planOf, Run } from '../verdict/a-run.ts';

const lab: SecretHolder = { hosts: [], secrets: { superuser: 'SuperSecret0001', replication: 'Replication0001', restapi: 'RestApi0001' } };

/** The live verdict of a run that is recorded as replays are, and the one of its folder. */
async function verdictsOf({ plan, events }: Run) {
  const folder = mkdtempSync(join(tmpdir(), 'pglab-judged-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const redact = runRedactor(plan, lab);
  await writeInputs(folder, { source: '', recipes: {} }, plan, lab, redact.file);
  const judge = createJudge(plan);
  const recorder = new Recorder({ history: join(folder, runFiles.history), ledger: join(folder, runFiles.ledger) }, 0, redact.text, judge);
  for (const { seq: _, at, ...body } of events) recorder.record(body, at);
  await recorder.close();
  return { live: verdictAsWritten(judge, recorder, plan, folder), again: judgeFolder(folder).verdict };
}

test.each([
  { kind: 'lines', wanted: 'pass' },
  { kind: 'never', wanted: 'fail' },
])('a secret of the scenario in its $kind is judged alike, live and from the folder', async ({ kind, wanted }) => {
  const plan = planOf(`- sql: alter role replicator password 'wrong password'
- expect: { log: { on: pg2, ${kind}: [{ postgres: refused wrong password }] } }
  within: 1s
  for: 1s`);
  const run = new Run(plan).did('s1').start('s2').at(0.5).log('pg2', 'postgres', 'refused wrong password').at(2.5).read();
  const { live, again } = await verdictsOf(run.end('s2').complete());
  expect(live.verdict).toBe(wanted);
  expect(again).toEqual(live);
  expect(JSON.stringify(live)).not.toContain('wrong password');
});

test("a secret of the lab's that a program printed before what failed is in no verdict", async () => {
  const plan = planOf('- exec: { on: pg1, run: cat /etc/patroni/config.yml }\n- expect: { cluster: { leader: pg2 } }\n  within: 1s');
  const run = new Run(plan).did('s1', { exit: 0, stdout: 'password: SuperSecret0001\n' }).start('s2');
  const { live, again } = await verdictsOf(
    run
      .steadily(1.1, (now) => now.cluster())
      .end('s2')
      .complete(),
  );
  expect(live.steps[1]?.printed?.[0]?.lines).toEqual(['password: <superuser>']);
  expect(again).toEqual(live);
});

test("a secret of the lab's that a program prints is in no verdict", async () => {
  const plan = planOf('- exec: { on: pg1, run: cat /etc/patroni/config.yml }');
  const stderr = 'postgresql://postgres:SuperSecret0001@pg1';
  const { live, again } = await verdictsOf(new Run(plan).did('s1', { exit: 1, stderr }).complete());
  expect(live.because?.message).toContain('postgresql://postgres:<superuser>@pg1');
  expect(again).toEqual(live);
});
