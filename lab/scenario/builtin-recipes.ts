/** Recipes that the language brings along, as the text that a file under scenarios/recipes/ would have. */
import type { SourceText } from './yaml-source.ts';

/** By name. A file of the same name under scenarios/recipes/ takes its place. */
export const builtinRecipes: Readonly<Record<string, SourceText>> = {
  'reset-cluster': {
    file: 'recipe:reset-cluster',
    text: `recipe: reset-cluster
about: >-
  The talk's procedure ("Creating a new cluster from a backup"): Patroni stopped everywhere, data directories cleaned,
  the cluster removed from the DCS, Patroni started on the first node. The others stay stopped.
params:
  members: { about: the members of the cluster, default: members, selector: true }
  cluster: { about: "the cluster's name in Patroni", default: "\${cluster}" }
  first: { about: the member that Patroni is started on, selector: true }
  forget:
    about: >-
      when the cluster is removed from the DCS: after the first member's Patroni was started, as in the talk, where it waits
      as stopped; or before
    default: after
    one-of: [after, before]
steps:
  - stop: { on: "\${members}", service: patroni }
    within: 120s
  - wipe: "\${members}"
  - patronictl: { on: "\${first}", run: "remove \${cluster}", stdin: "\${cluster}\\nYes I am aware\\n" }
    when: { params: { forget: before } }
  - start: { on: "\${first}", service: patroni }
  - patronictl: { on: "\${first}", run: "remove \${cluster}", stdin: "\${cluster}\\nYes I am aware\\n" }
    when: { params: { forget: after } }
`,
  },
};
