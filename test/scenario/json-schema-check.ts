/** Checks a value against the keywords of JSON Schema draft 7 that the scenario schema uses, and refuses to pass over others. */

type Schema = { readonly [keyword: string]: unknown };
type Map = Readonly<Record<string, unknown>>;

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: (value) => Array.isArray(value),
  object: (value) => isMap(value),
};

const isMap = (value: unknown): value is Map => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Places that the schema refuses, as `/steps/0: oneOf`; none where it accepts. */
export function schemaMistakes(root: Schema, value: unknown): readonly string[] {
  const definitions = (root.definitions ?? {}) as Record<string, Schema>;

  function check(schema: Schema, at: unknown, path: string): string[] {
    const fits = (one: Schema) => check(one, at, path).length === 0;
    return Object.entries(schema).flatMap(([keyword, rule]): string[] => {
      const refuse = (ok: boolean) => (ok ? [] : [`${path}: ${keyword}`]);
      const list = rule as Schema[];
      switch (keyword) {
        case '$schema':
        case 'title':
        case 'description':
        case 'default':
        case 'definitions':
        case 'id':
        case '$id':
          return [];
        case '$ref': {
          const pointed = definitions[String(rule).replace('#/definitions/', '')];
          return pointed ? check(pointed, at, path) : [`${path}: ${String(rule)} points nowhere`];
        }
        case 'allOf':
          return list.flatMap((one) => check(one, at, path));
        case 'anyOf':
          return refuse(list.some(fits));
        case 'oneOf':
          return refuse(list.filter(fits).length === 1);
        case 'type':
          return refuse([rule].flat().some((type) => types[String(type)]?.(at) === true));
        case 'enum':
          return refuse(list.includes(at as Schema));
        case 'const':
          return refuse(at === rule);
        case 'pattern':
          return refuse(typeof at !== 'string' || new RegExp(String(rule), 'u').test(at));
        case 'minLength':
          return refuse(typeof at !== 'string' || at.length >= Number(rule));
        case 'minItems':
          return refuse(!Array.isArray(at) || at.length >= Number(rule));
        case 'minimum':
          return refuse(typeof at !== 'number' || at >= Number(rule));
        case 'maximum':
          return refuse(typeof at !== 'number' || at <= Number(rule));
        case 'exclusiveMinimum':
          return refuse(typeof at !== 'number' || at > Number(rule));
        case 'required':
          return refuse(!isMap(at) || (rule as string[]).every((key) => key in at));
        case 'properties':
          return isMap(at)
            ? Object.entries(rule as Record<string, Schema>).flatMap(([key, one]) =>
                key in at ? check(one, at[key], `${path}/${key}`) : [],
              )
            : [];
        case 'additionalProperties': {
          const known = Object.keys((schema.properties ?? {}) as Map);
          const others = isMap(at) ? Object.entries(at).filter(([key]) => !known.includes(key)) : [];
          return others.flatMap(([key, one]) =>
            rule === false ? [`${path}/${key}: unknown`] : check(rule as Schema, one, `${path}/${key}`),
          );
        }
        case 'propertyNames':
          return isMap(at) ? Object.keys(at).flatMap((key) => check(rule as Schema, key, `${path}/${key}`)) : [];
        case 'items':
          return Array.isArray(at) ? at.flatMap((one, index) => check(rule as Schema, one, `${path}/${index}`)) : [];
        default:
          throw new Error(`the schema uses ${keyword}, which this check does not know`);
      }
    });
  }

  return check(root, value, '');
}
