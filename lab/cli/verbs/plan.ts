import type { Verb } from '../session.ts';
export const plan: Verb = { define: () => {} };
