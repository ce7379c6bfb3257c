/** A text as the regular expression that matches it and nothing else. Not for the inside of a class: `-` stays as it is. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
