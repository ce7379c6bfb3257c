import { expect, test } from 'vitest';
import { type ActiveFault, ActiveFaults } from '../../lab/run/active-faults.ts';

const fault: ActiveFault = { hosts: [], heal: async () => ({ proven: true, seen: 'gone' }) };
const stepsOf = (faults: ActiveFaults, name: string, by: string) => faults.meant(name, by).map(({ step }) => step);

test('a fault of the same name takes the place of no other: a recipe can be called twice', () => {
  const faults = new ActiveFaults();
  for (const step of ['s1.1', 's2.1', 's3']) faults.add({ step, name: 'frozen' }, fault);
  expect(stepsOf(faults, 'all', 's4')).toEqual(['s3', 's2.1', 's1.1']);
  expect(stepsOf(faults, 'frozen', 's4')).toEqual(['s3']);
  expect(stepsOf(faults, 'frozen', 's2.2')).toEqual(['s2.1']);
  faults.remove({ step: 's3' });
  // Nobody in its own scope has that name any more.
  expect(stepsOf(faults, 'frozen', 's4')).toEqual(['s2.1', 's1.1']);
  expect(stepsOf(faults, 'thawed', 's4')).toEqual([]);
});
