/** Every known cause. Where several fit a failure all are named, in this order: what went wrong first, then what it led to. */
import { clusterRules } from './cluster-rules.ts';
import { recoveryRules } from './recovery-rules.ts';
import { replicaRules } from './replica-rules.ts';
import { repositoryRules } from './repository-rules.ts';
import type { Rule } from './rule.ts';

export const rules: readonly Rule[] = [...repositoryRules, ...recoveryRules, ...replicaRules, ...clusterRules];
