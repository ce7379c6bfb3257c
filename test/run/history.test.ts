import { expect, onTestFinished, test, vi } from 'vitest';
import type { Event } from '../../lab/core/event.ts';
import { History } from '../../lab/run/history.ts';

class Kept extends History {
  readonly events: Event[] = [];
  protected keep(event: Event): void {
    this.events.push(event);
  }
}

test("after the machine slept, times are the engine's again, and for how long it slept is told once", () => {
  const history = new Kept(500);
  const before = history.now();
  expect(history.catchUp()).toBe(0);
  const wall = Date.now;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => wall() + 3_600_000);
  onTestFinished(() => clock.mockRestore());
  expect(history.catchUp() / 3_600_000).toBeCloseTo(1, 4);
  expect((history.now() - before) / 3_600_000).toBeCloseTo(1, 3);
  expect(history.catchUp()).toBe(0);
});
