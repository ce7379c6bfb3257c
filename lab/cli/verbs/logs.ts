import type { Verb } from '../session.ts';
export const logs: Verb = { define: () => {} };
