/** Where in a YAML file something stands. */
import type { Span } from '../core/problem.ts';
import type { Place } from './verdict.ts';

/** `file`: a recipe's own, else the scenario's. The end of a span may be the start of the next line, which is not meant. */
export function placeOf(span: Span, file: string): Place {
  const { start, end } = span;
  const endLine = end.column <= 1 && end.line > start.line ? end.line - 1 : end.line;
  return { file, line: start.line, column: start.column, endLine };
}
