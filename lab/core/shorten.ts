/** A text of at most `length` characters: the last of one that is longer is an ellipsis in place of the rest. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
