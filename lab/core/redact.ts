/** Takes passwords out of text by their values: wherever one turns up, whoever printed it. */

/** Values shorter than this would take innocent words with them. */
const shortest = 8;

export function redactor(secrets: Readonly<Record<string, string>>): (text: string) => string {
  const values = Object.entries(secrets).filter(([, value]) => value.length >= shortest);
  return (text) => values.reduce((rest, [name, value]) => rest.replaceAll(value, `<${name}>`), text);
}
