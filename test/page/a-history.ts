/** Recorded runs of test/histories, read as a run folder is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, LedgerRow } from '../../lab/core/event.ts';
import { projectFolder } from '../../lab/core/project.ts';
import type { RunRecord } from '../../lab/report/html.ts';
import type { Plan } from '../../lab/scenario/plan.ts';
import { judge } from '../../lab/verdict/judge.ts';

export function recorded(name: string): RunRecord {
  const read = (file: string) => readFileSync(join(projectFolder, 'test', 'histories', name, file), 'utf8');
  const lines = <T>(file: string) =>
    read(file)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  const plan = JSON.parse(read('plan.json')) as Plan;
  const history = lines<Event>('history.jsonl');
  const rows = lines<LedgerRow>('ledger.jsonl');
  const configs = [{ host: 'pg1', path: '/etc/patroni/config.yml', text: 'scope: demo\n' }];
  return { verdict: judge(plan, history, rows), plan, history, ledger: rows, source: `scenario: ${plan.scenario}\n`, configs };
}
