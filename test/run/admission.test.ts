/** When another lab may begin, on a machine that is as busy as a test says. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { Docker } from '../../lab/engine/connect.ts';
import type { Lab } from '../../lab/engine/lab.ts';
import { type Owner, thisOwner } from '../../lab/engine/labels.ts';
import { createAdmission } from '../../lab/run/admission.ts';

const machine = vi.hoisted(() => ({ now: 0, spent: 0, busy: (): number => 1, memory: 8e9, labs: (): unknown[] => [] }));
vi.mock('node:timers/promises', () => ({
  setTimeout: async (ms: number, _: unknown, { signal }: { signal: AbortSignal }) => {
    await new Promise(setImmediate);
    signal.throwIfAborted();
    machine.spent += (machine.busy() * ms) / 1000;
    machine.now += ms;
  },
}));
vi.mock(import('../../lab/engine/machine.ts'), () => ({
  cores: () => 1,
  busySeconds: () => machine.spent,
  availableMemory: () => machine.memory,
  parseBusy: () => 0,
}));
vi.mock(import('../../lab/engine/claim.ts'), () => ({ claim: async () => async () => {} }));
vi.mock(import('../../lab/engine/lab.ts'), async (original) => ({ ...(await original()), listLabs: async () => machine.labs() as Lab[] }));

beforeEach(() => {
  Object.assign(machine, { now: 0, spent: 0, busy: () => 1, memory: 8e9, labs: () => [] });
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => machine.now);
  return () => clock.mockRestore();
});

const lab = (purpose: string, owner: Partial<Owner> = {}) => ({ purpose, owner: { ...thisOwner(), ...owner } });

/** How long it waited, s. */
async function begins(): Promise<number> {
  await createAdmission({} as Docker)(AbortSignal.timeout(60_000), () => {});
  return machine.now / 1000;
}

test('an idle machine takes the next lab after a glance', async () => {
  machine.busy = () => 0.3;
  expect(await begins()).toBe(0.5);
});

test('a busy one takes it when it has room', async () => {
  machine.busy = () => (machine.now < 7000 ? 0.9 : 0.6);
  expect(await begins()).toBe(7.5);
});

test("somebody else's load is not waited for for ever", async () => {
  expect(await begins()).toBe(20);
});

test('labs of other replays are, since each begun beside them makes all slower; they end', async () => {
  machine.labs = () => (machine.now < 100_000 ? [lab('replay')] : []);
  expect(await begins()).toBe(100);
});

test('a lab that somebody works on, that a dead replay left, or that another machine has there, is not', async () => {
  machine.labs = () => [lab('hands'), lab('replay', { started: 1 }), lab('replay', { machine: 'another' })];
  expect(await begins()).toBe(20);
});

test('who is next says so where it is not soon', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const said: string[] = [];
    machine.labs = () => (machine.now < 20_000 ? [lab('replay')] : []);
    machine.busy = () => {
      vi.advanceTimersByTime(500);
      return machine.now < 2000 || machine.now > 10_000 ? 0.3 : 0.9;
    };
    const admit = createAdmission({} as Docker);
    await admit(AbortSignal.timeout(60_000), () => said.push('first'));
    expect(said).toEqual([]);
    machine.now = 2000;
    await admit(AbortSignal.timeout(60_000), () => said.push('second'));
    expect(said).toEqual(['second']);
  } finally {
    vi.useRealTimers();
  }
});
