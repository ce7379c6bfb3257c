/** What a live watch of a lab is for: each way of showing it is one of these. */
import type { Event } from '../core/event.ts';
import type { LabStatus } from '../observe/status.ts';

export interface Watcher {
  /** `status` is the lab's after the event, the same object as before where the event says nothing of it. */
  readonly take: (event: Event, status: LabStatus) => void;
  readonly close: () => void;
}
