/** Shows images being made as one phase of whatever needs them. Several are made at once. */
import type { ImageProgress } from '../engine/images.ts';
import type { Progress } from './progress.ts';

export function showImages(progress: Progress): (event: ImageProgress) => void {
  let begun = false;
  return (event) => {
    if (!begun) progress.phase('making images that are missing');
    begun = true;
    switch (event.type) {
      case 'build':
        progress.note(`building ${event.image}`);
        return;
      case 'wait':
        progress.note(`process ${event.pid} is building ${event.image}; waiting for it`);
        return;
      case 'line':
        progress.at(`${event.image}: ${event.line}`);
        return;
      case 'warning':
        progress.warn(event.message);
        return;
      case 'done':
        progress.note(`${event.image} built in ${event.took}`);
    }
  };
}
