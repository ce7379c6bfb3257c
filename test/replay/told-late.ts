/** A recorded run as if Patroni's log had come late. */
import type { Event } from '../../lab/core/event.ts';

/** A thread of its own writes Patroni's log; on a busy machine its lines were 48 ms late. ms */
const late = 60;

/**
 * Patroni's lines as so much later than everybody else's: by moving the others, since nobody may have looked after its last words.
 * None is moved to before the step in which it was logged began, where no expectation would count it.
 */
export function toldLate(history: readonly Event[]): readonly Event[] {
  const steps = history.flatMap((event) => (event.type === 'step-started' ? [event.at] : []));
  return history.map((event) => {
    if (event.type !== 'log' || event.program === 'patroni') return event;
    const began = steps.findLast((at) => at <= event.at) ?? Number.NEGATIVE_INFINITY;
    return { ...event, at: Math.max(began, event.at - late) };
  });
}
