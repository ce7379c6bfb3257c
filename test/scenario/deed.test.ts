/** Whose deed it was, and which step does the same. */
import { describe, expect, it } from 'vitest';
import { type Deed, isOfAStep, stepOfDeed } from '../../lab/scenario/deed.ts';
import { epoch, planOf, Run } from '../verdict/a-run.ts';

const deed = (kind: Deed['kind'], seconds: number, host = 'pg1'): Deed => ({ kind, host, at: epoch + seconds * 1000 });

describe('a step did it', () => {
  const run = new Run(planOf('- kill: pg1\n- restart: pg2\n- snapshot: broken'));
  run
    .at(10)
    .start('s1', { pg1: ['pg1'] })
    .at(11)
    .end('s1');
  run
    .at(20)
    .start('s2', { pg2: ['pg2'] })
    .at(25)
    .end('s2');
  run.at(30).start('s3');
  const ours = (one: Deed) => isOfAStep(one, run.plan.steps, run.events);

  it('on its hosts, while it ran, though the engine tells of it a moment later', () => {
    expect(ours(deed('kill', 10.1))).toBe(true);
    expect(ours(deed('kill', 11.3))).toBe(true);
    expect(ours(deed('stop', 20.1, 'pg2'))).toBe(true);
    expect(ours(deed('start', 24, 'pg2'))).toBe(true);
    expect(ours(deed('unpause', 31, 'repo'))).toBe(true);
  });

  it('but not on others, not before or after, and nothing else', () => {
    expect(ours(deed('kill', 10.1, 'pg2'))).toBe(false);
    expect(ours(deed('kill', 9))).toBe(false);
    expect(ours(deed('kill', 12))).toBe(false);
    expect(ours(deed('start', 10.5))).toBe(false);
    expect(ours(deed('kill', 22, 'pg2'))).toBe(false);
    expect(ours(deed('end', 10.5))).toBe(false);
  });
});

describe('the step that does the same', () => {
  const frozen = (hosts: readonly string[]) =>
    new Run(planOf('- { freeze: replicas, as: hang }')).at(10).start('s1', { replicas: hosts }).at(11).end('s1');
  const stepOf = (one: Deed, run = frozen(['pg2'])) => stepOfDeed(one, run.plan.steps, run.events);

  it.each<[Deed, object]>([
    [deed('kill', 1), { kill: 'pg1' }],
    [deed('stop', 1), { stop: 'pg1' }],
    [deed('start', 1), { start: 'pg1' }],
    [deed('pause', 1), { freeze: 'pg1' }],
    [deed('unpause', 20, 'pg2'), { heal: 'hang' }],
  ])('%j', (one, step) => {
    expect(stepOf(one)).toEqual({ ok: true, step });
  });

  it('is none where nothing of the recording froze the host, or other hosts as well', () => {
    expect(stepOf(deed('unpause', 20))).toEqual({ ok: false, why: 'no step of the recording froze pg1' });
    expect(stepOf(deed('unpause', 20, 'pg2'), frozen(['pg2', 'pg3']))).toEqual({
      ok: false,
      why: 'heal: hang thaws its other hosts as well',
    });
  });

  it('is none for a host that ended by itself or was removed', () => {
    for (const kind of ['end', 'remove'] as const) expect(stepOf(deed(kind, 1))).toMatchObject({ ok: false });
  });
});
