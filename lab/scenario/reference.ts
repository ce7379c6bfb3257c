/** The reference of the language, from the same schemas that files are checked with: what is written here is what is true. */
import type { z } from 'zod';
import { labObjectSchema } from '../topology/overlay.ts';
import { presets } from '../topology/presets/index.ts';
import { alwaysForbidden } from './always-forbidden.ts';
import { builtinRecipes } from './builtin-recipes.ts';
import { expectationKinds, expectations } from './expectations/expectations.ts';
import { type JsonSchema, partJsonSchema } from './json-schema.ts';
import { parseRecipe } from './parse.ts';
import { capabilities, modifierSchema, recipeSchema, scenarioSchema, variantSchema } from './scenario-schema.ts';
import { selectorMeanings } from './selector.ts';
import { testSchema } from './value-test.ts';
import { commonFields, type Verb } from './verb.ts';
import { type VerbName, verbs } from './verbs/verbs.ts';

/** Chapters of verbs, so that a reader meets them by what they are for. */
const chapters: readonly { readonly title: string; readonly verbs: readonly VerbName[] }[] = [
  { title: 'Running programs', verbs: ['pgbackrest', 'patronictl', 'sql', 'exec'] },
  { title: 'Configuration and services', verbs: ['configure', 'start', 'stop', 'restart', 'wipe'] },
  { title: 'Faults', verbs: ['kill', 'crash', 'freeze', 'cut', 'fill', 'slow', 'clock', 'heal'] },
  { title: 'Data', verbs: ['workload', 'mark'] },
  { title: 'Going back', verbs: ['snapshot', 'fork'] },
  { title: 'Looking', verbs: ['expect'] },
  { title: 'Reuse', verbs: ['recipe'] },
];

/** The whole reference as Markdown. */
export function renderReference(): string {
  return [
    intro,
    section('The file', table(scenarioSchema, 'variants'), '### Variants', variantsProse, table(variantSchema)),
    section(
      'The lab',
      labProse,
      list(Object.fromEntries(Object.values(presets).map(({ name, about }) => [name, about]))),
      overlayProse,
      table(labObjectSchema),
    ),
    section('Steps', stepsProse, table(modifierSchema)),
    section('Names and `${...}`', namesProse, list(commonFields)),
    section('Selectors', selectorsProse, list(selectorMeanings)),
    ...chapters.map(({ title, verbs: names }) => section(title, ...(title === 'Faults' ? [faultsProse] : []), ...names.map(verbText))),
    section('Expectations', expectationsProse, ...expectationKinds.map(expectationText)),
    section('TEST', testProse, table(testSchema)),
    section('LINE', lineProse),
    section('POINT', pointProse),
    section('WHEN', whenProse),
    section('The ledger', ledgerProse),
    section(
      'Outcomes',
      outcomesProse,
      list(
        Object.fromEntries(
          Object.entries(alwaysForbidden).map(([name, line]) => [name, `${line.why}: ${line.program} logs \`${line.pattern.shown}\``]),
        ),
      ),
    ),
    section('Recipes', recipesProse, table(recipeSchema), ...Object.keys(builtinRecipes).map(recipeText)),
  ].join('\n');
}

function section(title: string, ...parts: readonly string[]): string {
  return [`## ${title}`, '', ...parts.flatMap((part) => [part.trim(), ''])].join('\n');
}

function verbText(name: VerbName): string {
  const { schema, summary, example, effect, fields }: Verb<z.ZodType> = verbs[name] as unknown as Verb<z.ZodType>;
  return [
    `### ${name}`,
    '',
    summary,
    '',
    ...(name === 'expect' || name === 'recipe' ? [] : [table(schema), '']),
    '```yaml',
    ...example.split('\n').map((line, index) => `${index === 0 ? '- ' : '  '}${line}`),
    '```',
    ...(effect
      ? ['', `**What happens.** ${effect.does}`, '', `**Proof.** ${effect.proof}${effect.healed ? ' Undone by `heal`.' : ''}`]
      : []),
    ...(fields
      ? [
          '',
          `**Records** ${Object.entries(fields)
            .map(([field, meaning]) => `\`${field}\` (${meaning})`)
            .join(', ')}.`,
        ]
      : []),
  ].join('\n');
}

function expectationText(kind: (typeof expectationKinds)[number]): string {
  const { schema, summary, example } = expectations[kind];
  return [`### expect: ${kind}`, '', summary, '', table(schema), '', '```yaml', '- expect:', `    ${example}`, '```'].join('\n');
}

function recipeText(name: string): string {
  const source = builtinRecipes[name];
  const recipe = source && parseRecipe(source).value;
  if (!source || !recipe) return '';
  const rows = Object.entries(recipe.params).map(([param, spec]) =>
    row(param, spec.default === undefined, spec.about, spec.default, spec.oneOf ?? []),
  );
  return [`### ${name}`, '', recipe.about, '', ...rows, '', '```yaml', source.text.trim(), '```'].join('\n');
}

/** The parameters of a part of the language, as a list: tables with long cells are hard to read as text. `elsewhere` has a list of its own. */
function table(schema: z.ZodType, elsewhere?: string): string {
  const json = partJsonSchema(schema);
  const definitions = (json.definitions ?? {}) as Record<string, JsonSchema>;
  const shapes = objectsIn(json, definitions);
  const others = wordsIn(json);
  const rows = shapes.flatMap((shape) => rowsOf(shape, definitions, elsewhere));
  return (
    [
      ...(others.length > 0
        ? [`A word: ${others.map((word) => `\`${word}\``).join(', ')}${rows.length > 0 ? '; or a map:' : '.'}`, '']
        : []),
      ...rows,
    ]
      .join('\n')
      .trim() ||
    (json.description ?? '')
  );
}

function rowsOf(shape: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>, elsewhere?: string): readonly string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, property]) => {
    const of = property as JsonSchema;
    // What a map below has in common with this one is said once.
    const below = (name === elsewhere ? [] : shapesBelow(of)).flatMap((one) => {
      const isSame = ([key, inner]: readonly [string, unknown]) => JSON.stringify(shape.properties?.[key]) === JSON.stringify(inner);
      const entries = Object.entries(one.properties ?? {});
      const shared = entries.filter(isSame).map(([key]) => `\`${key}\``);
      return [
        ...rowsOf({ ...one, properties: Object.fromEntries(entries.filter((entry) => !isSame(entry))) }, definitions),
        ...(shared.length > 0 ? [`- these as for the whole: ${shared.join(', ')}`] : []),
      ];
    });
    return [
      row(name, shape.required?.includes(name) === true, describe(of, definitions), of.default, wordsIn(of)),
      ...below.map((line) => `  ${line}`),
    ];
  });
}

/** Maps that are written out in place: the value itself, one of its alternatives, or what each key of it has. */
function shapesBelow(schema: JsonSchema): readonly JsonSchema[] {
  const values = typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
  const here = [schema, ...values].flatMap((one) => [one, ...((one.anyOf ?? []) as JsonSchema[])]);
  return here.filter((one) => one.properties !== undefined);
}

function row(name: string, required: boolean, meaning: string, otherwise: unknown, words: readonly unknown[]): string {
  const extra = [
    ...(required ? ['required'] : []),
    ...(otherwise === undefined ? [] : [`default \`${typeof otherwise === 'string' ? otherwise : JSON.stringify(otherwise)}\``]),
    ...(words.length > 0 && words.length < 12 ? [`one of ${words.map((word) => `\`${String(word)}\``).join(', ')}`] : []),
  ];
  return `- \`${name}\`${extra.length > 0 ? ` (${extra.join('; ')})` : ''}${meaning === '' ? '' : `: ${meaning}`}`;
}

function describe(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): string {
  if (schema.description !== undefined) return schema.description;
  return schema.$ref === '#/definitions/selector' ? 'which hosts' : (definition(schema, definitions)?.description ?? '');
}

/** What a `$ref` points at, by itself or as the one member of `allOf`. */
function definition(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): JsonSchema | undefined {
  const inner = schema.$ref === undefined ? (schema.allOf?.[0] as JsonSchema | undefined) : schema;
  const name = inner?.$ref?.split('/').at(-1);
  return name === undefined ? undefined : definitions[name];
}

function objectsIn(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): readonly JsonSchema[] {
  const pointed = definition(schema, definitions);
  if (pointed) return objectsIn(pointed, definitions);
  if (schema.anyOf)
    return (schema.anyOf as JsonSchema[]).filter((one) => one.$ref === undefined).flatMap((one) => objectsIn(one, definitions));
  return schema.properties ? [schema] : [];
}

function wordsIn(schema: JsonSchema): readonly unknown[] {
  if (schema.enum) return schema.enum;
  if (schema.anyOf) return (schema.anyOf as JsonSchema[]).flatMap((one) => one.enum ?? []);
  return schema.type === 'array' ? ((schema.items as JsonSchema | undefined)?.enum ?? []) : [];
}

function list(meanings: Readonly<Record<string, string>>): string {
  return Object.entries(meanings)
    .map(([name, meaning]) => `- \`${name}\`: ${meaning}`)
    .join('\n');
}

const intro = `# The scenario language

Generated by \`scripts/write-scenario-docs.ts\` from the schemas that scenario files are checked with: do not edit.

A scenario is a YAML file that says what to do to a Patroni + pgBackRest cluster and what must be true afterwards. \`npm run lab:lint\`
checks it without Docker, \`npm run lab:replay -- NAME\` brings a lab up, carries it out and judges it. For completion in an editor,
begin the file with \`# yaml-language-server: $schema=scenario.schema.json\`.
`;

const labProse = `A preset's name, or a map: \`{ preset: one-node, ready: backup, dcs: { synchronous_mode: true } }\`. Presets:`;

const overlayProse = `All keys but \`preset\`, \`ready\`, \`start\`, \`profile\` and \`clusters\` are changes of configuration, in the shape that \`configure\` takes
as well: maps merge into what is there, lists and scalars replace it, null deletes, and \`hosts\` comes last. A variant's lab is merged into the
file's in the same way. \`npm run lab:plan -- --overlay FILE\` shows every file of such a lab. A disk with a size is memory: the folder is empty at
first, and again once no host that has it is up. pg_wal gets one by \`disks: { /var/lib/postgresql/wal: 320m }\` and the list
\`patroni: { bootstrap: { initdb: [...] } }\` with \`waldir: /var/lib/postgresql/wal\` in it.`;

const variantsProse = `A run is the shared steps, then the steps of the variant that it \`extends\`, then its own; vars and lab are merged in the same
order. A \`symptom\` passes when the symptom appears. A variant with \`must-fail\` is a mutant: it passes only if its first failure is
that named step. Every scenario should have one, since a check that cannot fail proves nothing; \`lab:lint\` says so. There may be several:
each \`extends\` the variant whose claim it shows to be one that can fail. Replayed beside that variant (where it extends none, beside
any that is no mutant), it is unknown if the step did not pass there: what always fails proves nothing either.`;

const stepsProse = `A step is a map with exactly one verb and any of these modifiers. Durations are a number and \`ms\`, \`s\`, \`m\` or \`h\`.
A step in the \`background\` needs a name, and is joined with \`expect: { value: { "\${name.exit}": 0 } }\`.`;

const namesProse = `\`vars\`, marks and steps named with \`as\` share one set of names, each defined before it is used. \`\${name}\` and \`\${name.field}\` may
stand in any value and in keys, but for \`as\`, \`fails\`, \`when\`, \`must-fail\` and \`background\`; a value that is exactly \`"\${x}"\` keeps its type, elsewhere the value's text is put in (a list as
\`a, b\`). Vars are evaluated where they are used, so a var may mention a mark that is made later than the var. \`lab\` sees vars only.
\`$\${\` is a literal \`\${\`, as in \`$\${HOME}\` for the shell. \`\${cluster}\` is the main cluster's name in Patroni. A field that was not
recorded makes the step unknown, not wrong. Inside \`{ }\` and \`[ ]\` YAML wants values with \`\${...}\` in quotes.

Marks and named steps record, as seen when they ended:`;

const selectorsProse = `A selector names hosts. It is a host's name, one of the words below, another cluster's word as in \`scratch.leader\`, \`\${mark.leader}\`, a
list (\`[pg1, repo]\` or \`pg1, repo\`), or \`A but B\`: everything of A that is not in B. Actions resolve a selector once, when the step
starts, and record whom it meant; expectations resolve it anew at each look. One that means nobody is false in an expectation, and an
action with it ends as unknown; where a member whose host is up is silent just then, its answer is waited for before that, for 5 s.`;

const faultsProse = `Faults are not interchangeable: \`stop\` is orderly, \`crash\` takes one process, \`kill\` the host, \`freeze\` and \`cut\` leave everything in place.
Each proves that it did what its name says; one that cannot, or that this machine does not support, makes the run unknown and never a pass.`;

const expectationsProse = `All clauses of an \`expect\` hold at once, states in one look, log lines accumulated; each kind takes one clause or a list of them.
\`within\`, 30 s unless given, is the deadline for the moment at which all first hold. \`for\` begins then and comes on top, so a long \`for\`
needs no longer \`within\`; a false look after that moment fails. Where nothing could be
observed for over 2 s the outcome is unknown.`;

const recipesProse = `A recipe is a list of steps with a name, called by the verb \`recipe\`: it sets something up, and what came of it is for the scenario to
expect. One of your own is a file, \`scenarios/recipes/NAME.yaml\`; those below are built in. Its steps see its parameters, \`\${cluster}\`, and names
of their own, and nothing of the scenario's. A step can be for some parameters only: \`when: { params: { NAME: VALUE } }\`.`;

const testProse = `What a value should be: a scalar, which the value must equal, or a map whose conditions must all hold. Values compare as what they
stand for: \`3\` equals \`"3"\`, LSNs in any case and padding, PostgreSQL's \`t\` and \`f\` as true and false. Except for \`absent\`, a value that
does not exist meets nothing.`;

const lineProse = `\`{PROGRAM: PATTERN, on, times, when}\`, with PROGRAM one of \`patroni\`, \`postgres\`, \`pgbackrest\`, \`etcd\`, \`lab\` (the hosts' supervisor),
\`other\` and \`any\`. The pattern is a text that the message contains, or \`'/re/flags'\` in JavaScript's syntax, quoted; it is tried on the
message and on \`LEVEL: message\`. What \`\${...}\` stands for is taken literally, and LSNs match in any case and padding. \`times\` is a TEST
of how many such lines there are; lines that must not come have none. Continuation lines belong to their entry. What a step's command
prints, to stdout or stderr, is logged on its host as well: pgBackRest's own lines as \`pgbackrest\`, others, such as patronictl's \`Error: ...\`, as \`other\`.

\`lines\` come in this order with others between them, across hosts by the engine's clock; \`order: any\` drops the order, and one entry
may be several of them. \`never\` lines must not come. The file's own \`forbid\` is watched from the first step to the end of the run: once what a \`\${...}\` in it refers to has a value, the lines before that are looked at as well.
The window begins where the step \`since\` began (default: the last step that is neither mark nor expect) and ends with this
expect, \`for\` included; it is judged once every stream was read past its end. What \`never\` alone forbids needs \`for\`.

Patroni's log is written by a thread of its own, late on a busy machine: what another program wrote after Patroni had said a line, by
Patroni's own stamp, comes after it in this order, though it was written before.`;

const pointProse = `\`now\` (the end of the judged server's timeline), the name of a mark, the name of a backup step (its stop LSN), or
\`{at: NAME, exclusive: true, timeline: T}\`. Inclusive has the mark's own row, exclusive has not. A timeline is a number with its history:
two servers may each have a 2.`;

const whenProse = `\`{PROGRAM: RANGE, at: HOST, variant: NAME or list}\`, with PROGRAM one of \`patroni\`, \`postgres\`, \`pgbackrest\`, \`etcd\`. Versions are asked of the
running programs, on the step's or line's own hosts unless \`at\` says otherwise. Ranges are quoted: \`">=4.1.3"\`, \`"<2.55"\`, \`">=2.54 <2.58"\`,
\`"2.58 - 2.60"\` (both included, with their patch releases), \`"2.60"\` (with its patch releases). A variant is meant by its own name: one
that extends it has to be listed too. A step for other variants is no part of the run; a step for other versions is passed over, and an expect passed over entirely makes the run unknown.`;

const ledgerProse = `Every row that the workload writes is taken down: *acked* when COMMIT returned without a warning ("canceling wait for synchronous
replication" is no ack), *open* when there was no answer, *refused* when an error came before COMMIT. \`required\` rows are acked and on the
path to the point; \`missing\` of them are not there. \`beyond\` are rows that are there although they were acked after the point, or
refused. \`lost\` are any acked rows that are not there. Fewer than 20 required rows, or, except for \`now\` and backups, fewer than 20 rows
that should not be there, prove nothing: unknown. A mark's LSN is the *start* of its row's COMMIT record, since PostgreSQL's recovery replays the
first record that starts at or after an inclusive target. Asynchronous replication may lose acknowledged rows at a hard kill.`;

const outcomesProse = `**fail**: an expectation false at its deadline, an exit other than \`fails\`, rows not reached, a forbidden line. **unknown**: the lab was not
ready, a fault unproven or unsupported, nothing to observe, a vacuous ledger, a background step unjoined, somebody's hand on the steps (\`lab:step\`), a machine that was too
slow (the recorder's heartbeat over a second late; "Loop time exceeded" of a Patroni outside a fault and what a fault leaves behind,
other than in a loop in which it waits on purpose, takes part in a leader race, or demotes itself). What comes first in time decides. **pass**: neither. \`needs\` names what a machine may lack (${capabilities.map((name) => `\`${name}\``).join(', ')}); missing, the run is unknown with
reason \`unsupported\`.

Lines that are forbidden in every run, unless \`allow\` lifts them:`;
