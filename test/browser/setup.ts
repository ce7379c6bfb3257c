/** Before the first test in a browser: the page's program, as `npm run build` makes it. */
import { execa } from 'execa';
import { projectFolder } from '../../lab/core/project.ts';

export default async function setup(): Promise<void> {
  await execa('npm', ['run', '-s', 'build:page'], { cwd: projectFolder });
}
