/** Refuses a history that contradicts itself or its plan: cut out of the middle, edited by hand, or of another scenario. */
import type { Event } from '../core/event.ts';
import { LabError } from '../core/problem.ts';
import { allSteps, type Plan } from '../scenario/plan.ts';

/** Throws LabError at the first event that cannot follow what came before. */
export function createHistoryCheck(plan: Plan): (event: Event) => void {
  const order = allSteps(plan.steps);
  const places = new Map(order.map((step, index) => [step.id, index]));
  const started = new Map<string, 'running' | 'ended' | 'skipped'>();
  const looks = new Map<string, number>();
  let next = 0;
  let over = false;
  let reached = -1;
  /** Recipes that were left before their end. */
  const left = new Set<string>();

  function wrong(event: Event, what: string): never {
    throw new LabError(`the history cannot be judged: ${what}`, {
      hint: 'it was truncated or edited, or belongs to another plan; take the run folder as the run left it',
      detail: [`event ${event.seq}: ${JSON.stringify(event).slice(0, 300)}`],
    });
  }

  function stepStarted(event: Extract<Event, { type: 'step-started' }>): void {
    const place = places.get(event.step);
    if (place === undefined) wrong(event, `the plan has no step ${event.step}`);
    if (started.has(event.step)) wrong(event, `step ${event.step} was started twice`);
    if (place < reached) wrong(event, `step ${event.step} was started after a later one`);
    const passedOver = order.slice(reached + 1, place).find((step) => !insideSkipped(step.id));
    if (passedOver) wrong(event, `step ${passedOver.id} is missing before ${event.step}`);
    const open = order
      .slice(0, place)
      .find((step) => started.get(step.id) === 'running' && !step.background && !event.step.startsWith(`${step.id}.`));
    if (open) wrong(event, `step ${event.step} was started before ${open.id} ended`);
    started.set(event.step, event.skipped === undefined ? 'running' : 'skipped');
    reached = place;
  }

  /** Steps of a recipe that was skipped are not mentioned, nor those that were left. */
  function insideSkipped(id: string): boolean {
    return [...started].some(([step, state]) => (state === 'skipped' || left.has(step)) && id.startsWith(`${step}.`));
  }

  function byHand(event: Extract<Event, { type: 'by-hand' }>): void {
    const place = places.get(event.step);
    if (place === undefined) wrong(event, `the plan has no step ${event.step}`);
    if (event.did === 'went-on') left.add(event.step);
    if (event.did !== 'tried-again') return;
    const state = started.get(event.step);
    if (state !== 'ended' && state !== 'skipped') wrong(event, `step ${event.step} is tried again and had not ended`);
    const itself = (id: string) => id === event.step || id.startsWith(`${event.step}.`);
    if (order.slice(place + 1).some(({ id }) => started.has(id) && !itself(id)))
      wrong(event, `step ${event.step} is tried again after a later one`);
    for (const id of [...started.keys()].filter(itself)) started.delete(id);
    reached = place - 1;
  }

  return (event) => {
    if (event.seq !== next)
      wrong(event, event.seq > next ? `events ${next} to ${event.seq - 1} are missing` : `event ${event.seq} comes twice, or out of order`);
    next += 1;
    if (over) wrong(event, 'it goes on after its end');
    if (event.seq === 0) {
      if (event.type !== 'run-started') wrong(event, 'it does not begin with run-started');
      if (event.format !== 1) wrong(event, `it has format ${event.format}, and this program reads format 1`);
      if (event.scenario !== plan.scenario || event.variant !== plan.variant)
        wrong(event, `it is of ${event.scenario} (${event.variant}), the plan of ${plan.scenario} (${plan.variant})`);
      return;
    }
    switch (event.type) {
      case 'run-started':
        return wrong(event, 'it begins twice');
      case 'step-started':
        return stepStarted(event);
      case 'step-ended':
        if (started.get(event.step) !== 'running') wrong(event, `step ${event.step} ended without having started`);
        started.set(event.step, 'ended');
        return;
      case 'look':
        looks.set(event.key, event.seq);
        return;
      case 'look-again':
        if (looks.get(event.key) !== event.sameAs)
          wrong(event, `it refers to event ${event.sameAs}, which is not the last look at ${event.key}`);
        return;
      case 'by-hand':
        return byHand(event);
      case 'run-ended':
        over = true;
        return;
      case 'log':
      case 'read-through':
      case 'mark':
      case 'heartbeat':
    }
  };
}
