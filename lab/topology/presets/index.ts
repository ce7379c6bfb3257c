/** The presets by name. */
import { oneNode } from './one-node.ts';
import type { Preset } from './preset.ts';
import { threeNodesRepoHost } from './three-nodes-repo-host.ts';
import { twoNodesSharedRepo } from './two-nodes-shared-repo.ts';

export const presetNames = ['three-nodes-repo-host', 'two-nodes-shared-repo', 'one-node'] as const;
export type PresetName = (typeof presetNames)[number];
export const defaultPreset: PresetName = 'three-nodes-repo-host';

export const presets: Readonly<Record<PresetName, Preset>> = {
  'three-nodes-repo-host': threeNodesRepoHost,
  'two-nodes-shared-repo': twoNodesSharedRepo,
  'one-node': oneNode,
};
