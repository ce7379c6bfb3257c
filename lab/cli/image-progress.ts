/** Shows images being made as phases of whatever needs them. Several are made at once. */
import type { ImageProgress } from '../engine/images.ts';
import type { Progress } from './progress.ts';

export function showImages(progress: Progress): (event: ImageProgress) => void {
  const making = new Set<string>();
  return (event) => {
    switch (event.type) {
      case 'build':
        making.add(event.image);
        progress.phase(`building the image ${[...making].join(', ')}`);
        return;
      case 'wait':
        progress.note(`process ${event.pid} is building the image ${event.image}; waiting for it`);
        return;
      case 'line':
        progress.at(event.line);
        return;
      case 'warning':
        progress.warn(event.message);
        return;
      case 'done':
        making.delete(event.image);
        progress.note(`image ${event.image} built in ${event.took}`);
    }
  };
}
